import type { Market } from '#catalog';
import type { ToolCallResult, Usage } from '#completions';
import type { AttemptRecord, ChargeLine } from '#credits';
import { formatMoney, formatPrice, invariant } from '#kernel';
import { providerKeysSeenBy } from '#provider-keys';
import { builder } from '../builder.ts';
import { describedEnum } from '../described.ts';
import { ProviderKeyRef } from '../provider-keys/provider-key.ts';
import { EndpointRef } from '../refs.ts';
import { noRow } from '../rows/no-row.ts';

export const UsageRef = builder.objectRef<Usage>('Usage').implement({
  description: 'What was consumed and charged; final once the completion has ended.',
  fields: (t) => ({
    promptTokens: t.exposeInt('promptTokens', {
      description: 'All prompt tokens, cached ones included.',
    }),
    completionTokens: t.exposeInt('completionTokens', {
      description: 'All generated tokens, reasoning included.',
    }),
    cachedTokens: t.exposeInt('cachedTokens', {
      description: "Prompt tokens that were read from the provider's cache.",
    }),
    cacheWriteTokens: t.exposeInt('cacheWriteTokens', {
      description: "Prompt tokens that were written to the provider's cache.",
    }),
    reasoningTokens: t.exposeInt('reasoningTokens', {
      description: 'Generated tokens that were spent on reasoning.',
    }),
    totalTokens: t.int({
      description: 'Prompt and generated tokens together.',
      resolve: (usage) => usage.promptTokens + usage.completionTokens,
    }),
    cost: t.field({
      type: 'Decimal',
      description: "The provider's price, US dollars.",
      resolve: (usage) => formatMoney(usage.cost),
    }),
    fee: t.field({
      type: 'Decimal',
      description: "The platform's fee, US dollars.",
      resolve: (usage) => formatMoney(usage.fee),
    }),
    charged: t.field({
      type: 'Decimal',
      description: 'cost + fee: what left the credit account, US dollars.',
      resolve: (usage) => formatMoney(usage.charged),
    }),
    upstreamCost: t.field({
      type: 'Decimal',
      description: 'List price of what was consumed, whoever was billed for it, US dollars.',
      resolve: (usage) => formatMoney(usage.upstreamCost),
    }),
    estimated: t.exposeBoolean('estimated', {
      description:
        "True where the provider gave no usage and it was counted with the model's tokenizer.",
    }),
    ownProviderKey: t.exposeBoolean('ownProviderKey', {
      description:
        "The provider billed the organization's own key; `cost` is 0 and `upstreamCost` its list " +
        'price.',
    }),
  }),
});

const ChargeKind = describedEnum('ChargeKind', 'What a line of the bill is for.', {
  PROMPT: 'Prompt tokens that were neither read from nor written to a cache.',
  CACHE_READ: "Prompt tokens read from the provider's cache.",
  CACHE_WRITE: "Prompt tokens written to the provider's cache.",
  COMPLETION: 'Generated tokens that were not reasoning.',
  REASONING: 'Reasoning tokens.',
  IMAGE: 'Images of the prompt.',
  REQUEST: 'The request as such.',
  FEE: "The platform's fee: quantity 1, unit price = amount.",
  WAIVED: 'Negative: takes back what the charge policy does not charge.',
});

export const ChargeLineRef = builder.objectRef<ChargeLine>('ChargeLine').implement({
  description:
    'A line of the bill. `amount` = quantity × unitPrice, rounded half-even to 12 places; the ' +
    'lines add up to `usage.charged`.',
  fields: (t) => ({
    kind: t.expose('kind', { type: ChargeKind, description: 'What it is for.' }),
    quantity: t.exposeInt('quantity', { description: 'Tokens, images or requests.' }),
    unitPrice: t.field({
      type: 'Decimal',
      description: 'US dollars per unit.',
      resolve: (line) => formatPrice(line.unitPrice),
    }),
    amount: t.field({
      type: 'Decimal',
      description: 'US dollars.',
      resolve: (line) => formatMoney(line.amount),
    }),
    endpoint: t.field({
      type: EndpointRef,
      nullable: true,
      description: 'Whose price it is; null for FEE and WAIVED.',
      resolve: ({ endpointId }, _args, { rooms }) =>
        (endpointId && rooms.catalog.market().endpoint(endpointId)) || null,
    }),
  }),
});

const AttemptOutcome = describedEnum('AttemptOutcome', 'How an attempt ended.', {
  SUCCEEDED: 'It gave the answer.',
  REJECTED: 'The provider refused the request itself, or a key of the organization’s own.',
  RATE_LIMITED: 'The provider asked to wait.',
  TIMED_OUT: 'It took too long.',
  FAILED: 'It failed before content.',
  BROKE_OFF: 'It ended after content without a proper end.',
  CANCELLED: 'It was cancelled: by the caller, or as the slower one of two.',
});

export const RouteAttemptRef = builder.objectRef<AttemptRecord>('RouteAttempt').implement({
  description: 'One try at one endpoint.',
  fields: (t) => ({
    endpoint: t.field({
      type: EndpointRef,
      description: 'Which endpoint.',
      resolve: ({ endpointId }, _args, { rooms }) =>
        knownEndpoint(rooms.catalog.market(), endpointId),
    }),
    startedAt: t.field({
      type: 'DateTime',
      description: 'When it was sent.',
      resolve: (attempt) => new Date(attempt.startedAt),
    }),
    durationMs: t.exposeFloat('durationMs', { description: 'How long it took.' }),
    ownProviderKey: t.boolean({
      description: "Whether it was made with a key of the organization's own.",
      resolve: ({ providerKeyId }) => Boolean(providerKeyId),
    }),
    providerKey: t.prismaField({
      type: ProviderKeyRef,
      nullable: true,
      description:
        "The organization's own key that it was made with; null for the platform's credential, for " +
        'one that was removed, and without KEYS_READ.',
      resolve: (query, { providerKeyId }, _args, { rooms, principal }) =>
        providerKeyId
          ? rooms.storage.prisma.providerKey.findFirst({
              ...query,
              where: { AND: [providerKeysSeenBy(principal), { id: providerKeyId }] },
            })
          : noRow(query),
    }),
    outcome: t.expose('outcome', { type: AttemptOutcome, description: 'How it ended.' }),
    httpStatus: t.exposeInt('httpStatus', {
      nullable: true,
      description: "The provider's HTTP status; null when it never answered.",
    }),
    message: t.exposeString('message', {
      nullable: true,
      description: 'What the provider said, without secrets.',
    }),
  }),
});

export const ToolCallRef = builder.objectRef<ToolCallResult>('ToolCall').implement({
  description: 'A function that the model asks you to call.',
  fields: (t) => ({
    index: t.exposeInt('index', {
      description: 'Its position among the calls of this answer, from 0.',
    }),
    callId: t.exposeString('callId', {
      description:
        "The provider's id for the call, to be sent back as `toolCallId`; unique within its " +
        'completion only.',
    }),
    name: t.exposeString('name', { description: 'Name of the tool.' }),
    arguments: t.exposeString('arguments', { description: 'JSON text; check it before use.' }),
  }),
});

/** An endpoint that was tried stays reachable by its id for ever. */
function knownEndpoint(market: Market, id: string) {
  const endpoint = market.endpoint(id);
  invariant(endpoint, 'an endpoint that was tried stays in the market, removed or not');
  return endpoint;
}
