import type { ApiKey, CreatedApiKey } from '#identity';
import { builder } from '../builder.ts';
import { caught } from '../failures.ts';
import { resultUnion } from '../results.ts';
import { written } from '../rows/written.ts';
import { ApiKeyKind, ApiKeyRef, LimitPeriod } from './api-key.ts';
import { ApiKeyEdge, keyCursor } from './api-key-lists.ts';

const CreateApiKeyInput = builder.inputType('CreateApiKeyInput', {
  description: 'A new key. Its secret is in the answer, and nowhere else ever after.',
  fields: (t) => ({
    organizationId: t.id({
      required: true,
      description: 'The organization whose credits it spends.',
    }),
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
      description: 'How often `creditLimit` starts anew, in UTC.',
    }),
    requestsPerMinute: t.int({ description: 'Requests per minute, from 1; absent: no limit.' }),
    allowedModels: t.stringList({
      description:
        'Slugs, aliases, variants or patterns like `anthropic/*`; absent: all, an empty list: none.',
    }),
    expiresAt: t.field({ type: 'DateTime', description: 'When it stops working; absent: never.' }),
    membershipId: t.id({
      description:
        'The member whose budget it spends: absent, the caller. Others only with KEYS_WRITE.',
    }),
  }),
});

const UpdateApiKeyInput = builder.inputType('UpdateApiKeyInput', {
  description: 'What changes. An absent field stays; null takes a limit, an expiry, a list away.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The key.' }),
    name: t.string({ description: 'Name for people, 1 to 100 characters.' }),
    creditLimit: t.field({
      type: 'Decimal',
      description: 'US dollars that it may spend in a period; null: no limit.',
    }),
    limitPeriod: t.field({
      type: LimitPeriod,
      description: 'How often `creditLimit` starts anew, in UTC.',
    }),
    requestsPerMinute: t.int({ description: 'Requests a minute; null: no limit.' }),
    allowedModels: t.stringList({
      description: 'Patterns like `anthropic/*`; null: all, an empty list: none.',
    }),
    expiresAt: t.field({ type: 'DateTime', description: 'When it stops working; null: never.' }),
    disabled: t.boolean({
      description: 'True pauses it: refused everywhere within a second, its streams ended.',
    }),
  }),
});

const keyNow = { type: ApiKeyRef, description: 'Its state after the change.' };
const secretText = 'The credential itself. Keep it now: it cannot be shown again.';

const CreateApiKeyPayload = builder.objectRef<CreatedApiKey>('CreateApiKeyPayload').implement({
  description: 'The key was made.',
  fields: (t) => ({
    apiKey: t.prismaField({
      ...keyNow,
      resolve: async (query, { apiKey: { id } }, _args, { rooms }) =>
        written(await rooms.storage.prisma.apiKey.findFirst({ ...query, where: { id } })),
    }),
    apiKeyEdge: t.field({
      type: ApiKeyEdge,
      description: "The same as an edge of `Organization.apiKeys`, for a client's own list.",
      async resolve({ apiKey: { id } }, _args, { rooms }) {
        const node = written(await rooms.storage.prisma.apiKey.findFirst({ where: { id } }));
        return { cursor: keyCursor(node), node };
      },
    }),
    secret: t.string({ description: secretText, resolve: ({ secret }) => secret.reveal() }),
  }),
});

const RotateApiKeyPayload = builder.objectRef<CreatedApiKey>('RotateApiKeyPayload').implement({
  description: 'The key has a new secret.',
  fields: (t) => ({
    apiKey: t.prismaField({
      ...keyNow,
      resolve: async (query, { apiKey: { id } }, _args, { rooms }) =>
        written(await rooms.storage.prisma.apiKey.findFirst({ ...query, where: { id } })),
    }),
    secret: t.string({ description: secretText, resolve: ({ secret }) => secret.reveal() }),
  }),
});

function payloadOf(name: string, description: string) {
  return builder.objectRef<ApiKey>(name).implement({
    description,
    fields: (t) => ({
      apiKey: t.prismaField({
        ...keyNow,
        resolve: async (query, { id }, _args, { rooms }) =>
          written(await rooms.storage.prisma.apiKey.findFirst({ ...query, where: { id } })),
      }),
    }),
  });
}

const CreateApiKeyResult = resultUnion({
  name: 'CreateApiKeyResult',
  payload: CreateApiKeyPayload,
});
const UpdateApiKeyResult = resultUnion({
  name: 'UpdateApiKeyResult',
  payload: payloadOf('UpdateApiKeyPayload', 'The key was changed.'),
});
const RotateApiKeyResult = resultUnion({
  name: 'RotateApiKeyResult',
  payload: RotateApiKeyPayload,
});
const RevokeApiKeyResult = resultUnion({
  name: 'RevokeApiKeyResult',
  payload: payloadOf(
    'RevokeApiKeyPayload',
    'The key is revoked: refused everywhere within a second, its streams ended.',
  ),
});

const authScopes = { authenticated: true };

builder.mutationFields((t) => ({
  createApiKey: t.field({
    type: CreateApiKeyResult,
    nullable: true,
    authScopes,
    description: 'Makes a key. Needs KEYS_WRITE, or KEYS_WRITE_OWN for one of your own.',
    args: { input: t.arg({ type: CreateApiKeyInput, required: true, description: 'The key.' }) },
    resolve: (_root, { input }, { rooms, principal }) =>
      caught(() => rooms.identity.createApiKey(principal, input)),
  }),
  updateApiKey: t.field({
    type: UpdateApiKeyResult,
    nullable: true,
    authScopes,
    description:
      'Changes the settings of a key, effective for its next request. Needs KEYS_WRITE, or ' +
      'KEYS_WRITE_OWN for one of your own.',
    args: {
      input: t.arg({ type: UpdateApiKeyInput, required: true, description: 'What changes.' }),
    },
    resolve: (_root, { input }, { rooms, principal }) =>
      caught(() => rooms.identity.updateApiKey(principal, input)),
  }),
  rotateApiKey: t.field({
    type: RotateApiKeyResult,
    nullable: true,
    authScopes,
    description:
      'Gives a key a new secret; id, limits and history stay. What runs on the old one, and the ' +
      'sockets that it opened, end with it.',
    args: {
      id: t.arg.id({ required: true, description: 'The key.' }),
      graceSeconds: t.arg.int({
        required: true,
        defaultValue: 0,
        description: 'Seconds for which the old secret still works, 0 to 2592000 (30 days).',
      }),
    },
    resolve: (_root, asked, { rooms, principal }) =>
      caught(() => rooms.identity.rotateApiKey(principal, asked)),
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
