import type { UsageBucket, UsageFigures } from '#credits';
import { formatMoney } from '#kernel';
import { builder } from '../builder.ts';
import { ApiKeyRef, apiKeySeen } from '../identity/api-key.ts';
import { MembershipRef, membershipSeen } from '../identity/membership.ts';
import { EndpointRef, ModelRef, ProviderRef } from '../refs.ts';

const money = (name: 'cost' | 'fee' | 'charged' | 'refunded') => (bucket: UsageFigures) =>
  formatMoney(bucket[name]);

export const UsageBucketRef = builder.objectRef<UsageBucket>('UsageBucket').implement({
  description: 'What was used of one group in one period.',
  fields: (t) => ({
    key: t.exposeString('key', {
      description:
        "The group's stable key, its parts joined by a space; for display use the typed fields.",
    }),
    start: t.expose('start', {
      type: 'DateTime',
      nullable: true,
      description: 'Where the hour, day or month begins; null without such a group.',
    }),
    model: t.field({
      type: ModelRef,
      nullable: true,
      description: 'With MODEL: which one; null when none answered.',
      resolve: ({ modelId }, _args, { rooms }) =>
        (modelId && rooms.catalog.market().model(modelId)) || null,
    }),
    provider: t.field({
      type: ProviderRef,
      nullable: true,
      description: 'With PROVIDER: which one; null when none answered.',
      resolve: ({ providerId }, _args, { rooms }) =>
        (providerId && rooms.catalog.market().provider(providerId)) || null,
    }),
    endpoint: t.field({
      type: EndpointRef,
      nullable: true,
      description: 'With ENDPOINT: which one; null when none answered.',
      resolve: ({ endpointId }, _args, { rooms }) =>
        (endpointId && rooms.catalog.market().endpoint(endpointId)) || null,
    }),
    apiKey: t.prismaField({
      type: ApiKeyRef,
      nullable: true,
      description: 'With API_KEY: which one; null when a person asked, or it is not yours to see.',
      resolve: (query, { apiKeyId }, _args, context) => apiKeySeen(apiKeyId, context, query),
    }),
    member: t.prismaField({
      type: MembershipRef,
      nullable: true,
      description: 'With MEMBER: whose budget; null when none was, or not yours to see.',
      resolve: (query, { membershipId }, _args, context) =>
        membershipSeen(membershipId, context, query),
    }),
    app: t.exposeString('app', {
      nullable: true,
      description: 'With APP: its name; null when none was given.',
    }),
    requests: t.field({
      type: 'SafeInt',
      description: 'Completions that were tried and have ended.',
      resolve: ({ requests }) => requests,
    }),
    failures: t.field({
      type: 'SafeInt',
      description: 'Completions among `requests` that failed.',
      resolve: ({ failures }) => failures,
    }),
    promptTokens: t.field({
      type: 'SafeInt',
      description: 'Prompt tokens, cached ones included.',
      resolve: ({ promptTokens }) => promptTokens,
    }),
    cachedTokens: t.field({
      type: 'SafeInt',
      description: "Prompt tokens that were read from a provider's cache.",
      resolve: ({ cachedTokens }) => cachedTokens,
    }),
    completionTokens: t.field({
      type: 'SafeInt',
      description: 'Generated tokens, reasoning included.',
      resolve: ({ completionTokens }) => completionTokens,
    }),
    reasoningTokens: t.field({
      type: 'SafeInt',
      description: 'Generated tokens that were spent on reasoning.',
      resolve: ({ reasoningTokens }) => reasoningTokens,
    }),
    cost: t.field({
      type: 'Decimal',
      description: "The providers' price, US dollars.",
      resolve: money('cost'),
    }),
    fee: t.field({
      type: 'Decimal',
      description: "The platform's fee, US dollars.",
      resolve: money('fee'),
    }),
    charged: t.field({
      type: 'Decimal',
      description:
        'cost + fee, US dollars: the sum of the USAGE and FEE entries of these completions.',
      resolve: money('charged'),
    }),
    refunded: t.field({
      type: 'Decimal',
      description:
        'Given back of it later, US dollars: stands where its completion stands, and lowers none ' +
        'of the other figures.',
      resolve: money('refunded'),
    }),
  }),
});
