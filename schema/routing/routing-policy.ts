import type { Organization, RoutingPolicy } from '#identity';
import { formatPerMillion } from '#kernel';
import { builder } from '../builder.ts';
import { caught } from '../failures.ts';
import { OrganizationRef } from '../identity/organization.ts';
import { resultUnion } from '../results.ts';
import { written } from '../rows/written.ts';

const price = (perToken: bigint | null) => (perToken === null ? null : formatPerMillion(perToken));
const copied = (list: readonly string[] | null) => list && [...list];

const RoutingPolicyRef = builder.objectRef<RoutingPolicy>('RoutingPolicy').implement({
  description:
    'What an organization allows to all of its requests, over every surface. A request can be ' +
    'stricter, never looser. What it keeps out is a rejection with `setting: "policy.…"`.',
  fields: (t) => ({
    allowedModels: t.stringList({
      nullable: true,
      description:
        'Slugs, aliases or patterns like `anthropic/*`; null allows all, an empty list nothing.',
      resolve: ({ allowedModels }) => copied(allowedModels),
    }),
    allowedProviders: t.stringList({
      nullable: true,
      description:
        'Slugs, or patterns with `*`; null allows all, an empty list nothing. `deniedProviders` ' +
        'takes precedence.',
      resolve: ({ allowedProviders }) => copied(allowedProviders),
    }),
    deniedProviders: t.stringList({
      nullable: true,
      description: 'Slugs, or patterns with `*`; null and an empty list deny nobody.',
      resolve: ({ deniedProviders }) => copied(deniedProviders),
    }),
    allowTraining: t.exposeBoolean('allowTraining', {
      description: 'False keeps out providers that may train on prompts; unknown counts as may.',
    }),
    requireZeroRetention: t.exposeBoolean('requireZeroRetention', {
      description: 'True keeps out providers that may keep prompts; unknown counts as may.',
    }),
    maxPromptPricePerMillion: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'The highest prompt price allowed, US dollars per million tokens; null: any.',
      resolve: ({ maxPromptPrice }) => price(maxPromptPrice),
    }),
    maxCompletionPricePerMillion: t.field({
      type: 'Decimal',
      nullable: true,
      description:
        'The highest completion price allowed, US dollars per million tokens; null: any.',
      resolve: ({ maxCompletionPrice }) => price(maxCompletionPrice),
    }),
  }),
});

builder.prismaObjectField(OrganizationRef, 'policy', (t) =>
  t.field({
    type: RoutingPolicyRef,
    nullable: true,
    authScopes: ({ id }) => ({ organization: { organizationId: id, anyOf: ['POLICY_WRITE'] } }),
    description:
      'What it allows to its requests. Null, with a FORBIDDEN error at this path, when the role ' +
      'of the caller does not include it.',
    resolve: ({ id }, _args, { rooms, principal }) =>
      rooms.identity.visibleOrganization(principal, id)?.policy ?? null,
  }),
);

const UpdateRoutingPolicyInput = builder.inputType('UpdateRoutingPolicyInput', {
  description: 'What to change. An absent field stays; null takes the restriction away.',
  fields: (t) => ({
    organizationId: t.id({ required: true, description: 'Whose policy it is.' }),
    allowedModels: t.stringList({
      description: 'Slugs, aliases or patterns like `anthropic/*`; an empty list allows nothing.',
    }),
    allowedProviders: t.stringList({
      description: 'Slugs, or patterns with `*`; an empty list allows nothing.',
    }),
    deniedProviders: t.stringList({ description: 'Slugs, or patterns with `*`.' }),
    allowTraining: t.boolean({
      description: 'Whether providers may be used that may train on prompts; never null.',
    }),
    requireZeroRetention: t.boolean({
      description: 'Whether providers must keep no prompts; never null.',
    }),
    maxPromptPricePerMillion: t.field({
      type: 'Decimal',
      description: 'US dollars per million prompt tokens, from 0, at most 12 decimals.',
    }),
    maxCompletionPricePerMillion: t.field({
      type: 'Decimal',
      description: 'US dollars per million generated tokens, from 0, at most 12 decimals.',
    }),
  }),
});

const UpdateRoutingPolicyPayload = builder
  .objectRef<Organization>('UpdateRoutingPolicyPayload')
  .implement({
    description: 'The policy was changed: in force here now, on every node within a second.',
    fields: (t) => ({
      policy: t.expose('policy', {
        type: RoutingPolicyRef,
        description: 'Its state after the change.',
      }),
      organization: t.prismaField({
        type: OrganizationRef,
        description: 'Whose it is.',
        resolve: async (query, { id }, _args, { rooms }) =>
          written(await rooms.storage.prisma.organization.findFirst({ ...query, where: { id } })),
      }),
    }),
  });

const UpdateRoutingPolicyResult = resultUnion({
  name: 'UpdateRoutingPolicyResult',
  payload: UpdateRoutingPolicyPayload,
});

builder.mutationField('updateRoutingPolicy', (t) =>
  t.field({
    type: UpdateRoutingPolicyResult,
    nullable: true,
    authScopes: { authenticated: true },
    description: 'Changes what an organization allows to its requests. Needs POLICY_WRITE.',
    args: {
      input: t.arg({
        type: UpdateRoutingPolicyInput,
        required: true,
        description: 'What to change.',
      }),
    },
    resolve: (_root, { input }, { rooms, principal }) =>
      caught(() => rooms.identity.updateRoutingPolicy(principal, input)),
  }),
);
