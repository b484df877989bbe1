import type { Prices, PriceTier } from '#catalog';
import { formatPerMillion, formatPrice, type Price } from '#kernel';
import { builder } from '../builder.ts';
import { DataPolicyRef, PricingRef } from '../refs.ts';

type Kind = keyof Prices;

const perUnit = (price: Price | null | undefined) => (price == null ? null : formatPrice(price));

const optional: readonly [name: string, kind: Kind, description: string][] = [
  ['cacheReadPerToken', 'cacheRead', "For a prompt token read from the provider's cache"],
  ['cacheWritePerToken', 'cacheWrite', "For a prompt token written to the provider's cache"],
  [
    'cacheWriteHourPerToken',
    'cacheWriteHour',
    "For a prompt token written to the provider's cache to be kept for an hour",
  ],
  ['reasoningPerToken', 'reasoning', 'For a reasoning token'],
];

const PricingTierRef = builder.objectRef<PriceTier>('PricingTier').implement({
  description: 'Other prices under a condition. What is null here keeps its ordinary price.',
  fields: (t) => ({
    minPromptTokens: t.int({
      nullable: true,
      description: 'Applies to prompts longer than this.',
      resolve: (tier) => tier.minPromptTokens ?? null,
    }),
    utcStart: t.string({
      nullable: true,
      description: 'Applies from this time of day: HHMM in UTC; the span may wrap midnight.',
      resolve: (tier) => tier.utcStart ?? null,
    }),
    utcEnd: t.string({
      nullable: true,
      description: 'Applies until this time of day, itself excluded: HHMM in UTC.',
      resolve: (tier) => tier.utcEnd ?? null,
    }),
    promptPerToken: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'US dollars for a prompt token.',
      resolve: (tier) => perUnit(tier.prompt),
    }),
    completionPerToken: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'US dollars for a generated token.',
      resolve: (tier) => perUnit(tier.completion),
    }),
    cacheReadPerToken: t.field({
      type: 'Decimal',
      nullable: true,
      description: "US dollars for a prompt token read from the provider's cache.",
      resolve: (tier) => perUnit(tier.cacheRead),
    }),
    cacheWritePerToken: t.field({
      type: 'Decimal',
      nullable: true,
      description: "US dollars for a prompt token written to the provider's cache.",
      resolve: (tier) => perUnit(tier.cacheWrite),
    }),
    cacheWriteHourPerToken: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'US dollars for a prompt token written there to be kept for an hour.',
      resolve: (tier) => perUnit(tier.cacheWriteHour),
    }),
    reasoningPerToken: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'US dollars for a reasoning token.',
      resolve: (tier) => perUnit(tier.reasoning),
    }),
  }),
});

PricingRef.implement({
  description:
    'US dollars per unit. Passed through from the provider without a mark-up; ' +
    '`Platform.feeRate` is charged on top.',
  fields: (t) => ({
    promptPerToken: t.field({
      type: 'Decimal',
      description: 'For a prompt token.',
      resolve: (pricing) => formatPrice(pricing.prompt),
    }),
    completionPerToken: t.field({
      type: 'Decimal',
      description: 'For a generated token.',
      resolve: (pricing) => formatPrice(pricing.completion),
    }),
    promptPerMillion: t.field({
      type: 'Decimal',
      description: 'For a million prompt tokens: the same figure, for people.',
      resolve: (pricing) => formatPerMillion(pricing.prompt),
    }),
    completionPerMillion: t.field({
      type: 'Decimal',
      description: 'For a million generated tokens: the same figure, for people.',
      resolve: (pricing) => formatPerMillion(pricing.completion),
    }),
    ...Object.fromEntries(
      optional.map(([name, kind, description]) => [
        name,
        t.field({
          type: 'Decimal',
          nullable: true,
          description: `${description}; null where it costs what an ordinary one does.`,
          resolve: (pricing) => perUnit(pricing[kind]),
        }),
      ]),
    ),
    perImage: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'For an image of the prompt; null where images are not priced one by one.',
      resolve: (pricing) => perUnit(pricing.image),
    }),
    perRequest: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'For a request, whatever its length.',
      resolve: (pricing) => perUnit(pricing.request),
    }),
    tiers: t.expose('tiers', {
      type: [PricingTierRef],
      description: 'Other prices under a condition; the last one that applies wins, key by key.',
    }),
    source: t.exposeString('source', {
      nullable: true,
      description: 'Where the price is from.',
    }),
    checkedAt: t.expose('checkedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last checked there.',
    }),
  }),
});

DataPolicyRef.implement({
  description: 'What the provider does with prompts. What is not known counts as the worst.',
  fields: (t) => ({
    trainsOnPrompts: t.exposeBoolean('trainsOnPrompts', {
      description: 'It may train models on prompts and answers.',
    }),
    retainsPrompts: t.exposeBoolean('retainsPrompts', {
      description: 'It keeps prompts and answers after the request.',
    }),
    retentionDays: t.exposeInt('retentionDays', {
      nullable: true,
      description: 'For how many days; null when nothing is kept or nothing is known.',
    }),
  }),
});
