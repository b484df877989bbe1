import type { ApiKey, CreatedApiKey, Organization } from '#identity';
import { parseMoney } from '#kernel';
import { builder } from './builder.ts';
import { caught } from './failures.ts';
import { ApiKeyKind, ApiKeyRef, LimitPeriod, OrganizationRef } from './organization.ts';
import { resultUnion } from './results.ts';
import { written } from './written.ts';

const CreateOrganizationInput = builder.inputType('CreateOrganizationInput', {
  description: 'A new organization; who makes it owns it.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Name for people, 1 to 100 characters.' }),
    slug: t.string({
      description: 'Name for programs: lower-case letters, digits, hyphens. Absent: from the name.',
    }),
  }),
});

const CreateApiKeyInput = builder.inputType('CreateApiKeyInput', {
  description: 'A new key. Its secret is in the answer, and nowhere else ever after.',
  fields: (t) => ({
    organizationId: t.id({ required: true, description: 'Whose credits it spends.' }),
    name: t.string({ required: true, description: 'Name for people, 1 to 100 characters.' }),
    kind: t.field({
      type: ApiKeyKind,
      required: true,
      defaultValue: 'INFERENCE',
      description: 'What it is for.',
    }),
    creditLimit: t.field({
      type: 'Decimal',
      description: 'US dollars that it may spend in a period; absent: no limit.',
    }),
    limitPeriod: t.field({
      type: LimitPeriod,
      required: true,
      defaultValue: 'NONE',
      description: 'When that limit starts anew.',
    }),
    requestsPerMinute: t.int({ description: 'Requests a minute; absent: no limit.' }),
    allowedModels: t.stringList({
      description: 'Patterns like `anthropic/*`; absent: all, an empty list: none.',
    }),
    expiresAt: t.field({ type: 'DateTime', description: 'When it stops working; absent: never.' }),
    membershipId: t.id({ description: 'Only with KEYS_WRITE; default: the caller.' }),
  }),
});

const CreateOrganizationPayload = builder
  .objectRef<Organization>('CreateOrganizationPayload')
  .implement({
    description: 'The organization was made.',
    fields: (t) => ({
      organization: t.prismaField({
        type: OrganizationRef,
        description: 'As it stands now.',
        resolve: async (query, { id }, _args, { rooms }) =>
          written(await rooms.storage.prisma.organization.findFirst({ ...query, where: { id } })),
      }),
    }),
  });

const CreateApiKeyPayload = builder.objectRef<CreatedApiKey>('CreateApiKeyPayload').implement({
  description: 'The key was made.',
  fields: (t) => ({
    apiKey: t.prismaField({
      type: ApiKeyRef,
      description: 'As it stands now.',
      resolve: async (query, { apiKey: { id } }, _args, { rooms }) =>
        written(await rooms.storage.prisma.apiKey.findFirst({ ...query, where: { id } })),
    }),
    secret: t.string({
      description: 'The credential itself. Keep it now: it cannot be shown again.',
      resolve: ({ secret }) => secret.reveal(),
    }),
  }),
});

const RevokeApiKeyPayload = builder.objectRef<ApiKey>('RevokeApiKeyPayload').implement({
  description: 'The key is revoked: refused everywhere within a second, its streams ended.',
  fields: (t) => ({
    apiKey: t.prismaField({
      type: ApiKeyRef,
      description: 'As it stands now.',
      resolve: async (query, { id }, _args, { rooms }) =>
        written(await rooms.storage.prisma.apiKey.findFirst({ ...query, where: { id } })),
    }),
  }),
});

const CreateOrganizationResult = resultUnion({
  name: 'CreateOrganizationResult',
  payload: CreateOrganizationPayload,
});
const CreateApiKeyResult = resultUnion({
  name: 'CreateApiKeyResult',
  payload: CreateApiKeyPayload,
});
const RevokeApiKeyResult = resultUnion({
  name: 'RevokeApiKeyResult',
  payload: RevokeApiKeyPayload,
});

const authScopes = { authenticated: true };

builder.mutationFields((t) => ({
  createOrganization: t.field({
    type: CreateOrganizationResult,
    nullable: true,
    authScopes,
    description: 'Makes an organization, owned by the person who asks. Not for keys.',
    args: {
      input: t.arg({ type: CreateOrganizationInput, required: true, description: 'Which one.' }),
    },
    resolve: (_root, { input }, { rooms, principal }) =>
      caught(() => rooms.identity.createOrganization(principal, input)),
  }),
  createApiKey: t.field({
    type: CreateApiKeyResult,
    nullable: true,
    authScopes,
    description: 'Makes a key. Needs KEYS_WRITE, or KEYS_WRITE_OWN for one of your own.',
    args: { input: t.arg({ type: CreateApiKeyInput, required: true, description: 'The key.' }) },
    resolve: (_root, { input }, { rooms, principal }) =>
      caught(async () => {
        const creditLimit = input.creditLimit == null ? null : parseMoney(input.creditLimit);
        return rooms.identity.createApiKey(principal, { ...input, creditLimit });
      }),
  }),
  revokeApiKey: t.field({
    type: RevokeApiKeyResult,
    nullable: true,
    authScopes,
    description: 'Revokes a key for good; its running streams end. Again: the same answer.',
    args: { id: t.arg.id({ required: true, description: 'The key.' }) },
    resolve: (_root, { id }, { rooms, principal }) =>
      caught(() => rooms.identity.revokeApiKey(principal, id)),
  }),
}));
