import {
  type ConditionalPrice,
  calcPrice,
  findProvider,
  type ModelInfo,
  type ModelPrice,
  type Provider,
} from '@pydantic/genai-prices';
import { perUnit } from '../../src/catalog/decimal.ts';
import type { Offer, PriceTexts, TierTexts } from '../../src/catalog/offer.ts';

/**
 * Prices of genai-prices: fresh, with tiers by prompt length and by time of day, and with a matcher
 * from a provider's name of a model to its price. A list of prices under conditions is read from
 * its end there; the last one that applies wins, and a tier by length applies to prompts longer
 * than its start: both as in our own `pricesFor`.
 */
export interface ListedPrice {
  readonly prices: PriceTexts;
  readonly tiers: readonly TierTexts[];
  readonly model: ModelInfo;
}

export const genaiProvider = (id: string): Provider | undefined => findProvider({ providerId: id });

/**
 * The price that the provider's list gives for this name on that day; null when it has none that
 * can be billed.
 */
export function listedPrice(
  provider: Provider,
  upstreamModel: string,
  day: string,
): ListedPrice | null {
  const found = calcPrice({}, upstreamModel, { provider, timestamp: new Date(`${day}T00:00:00Z`) });
  return found && priceOf(found.model, day);
}

/** The price of an entry of the list on that day, or null. */
export function priceOf(model: ModelInfo, day: string): ListedPrice | null {
  const list = Array.isArray(model.prices) ? model.prices : [{ prices: model.prices }];
  const inForce = list.filter((entry) => startsBy(entry, day));
  const base = inForce.filter((entry) => entry.constraint?.type !== 'time_of_date').at(-1)?.prices;
  const prices = base && textsOf(base);
  if (!base || !prices || !billable(base) || model.deprecated) return null;
  const windows = inForce.flatMap((entry) => windowOf(entry));
  return { prices, tiers: [...lengthTiers(base), ...windows], model };
}

/** Facts that an entry tells besides its price. */
export function factsOf({ name, description, context_window: context }: ModelInfo): Offer['facts'] {
  return {
    name: name?.replace(/ \((global|regional|free)\)$/, ''),
    description: description?.trim().replaceAll(/\s+/g, ' ') || undefined,
    contextLength: context,
  };
}

function startsBy({ constraint }: ConditionalPrice, day: string): boolean {
  return constraint?.type !== 'start_date' || constraint.start_date <= day;
}

function windowOf({ constraint, prices }: ConditionalPrice): TierTexts[] {
  if (constraint?.type !== 'time_of_date') return [];
  const hhmm = (time: string) => time.slice(0, 2) + time.slice(3, 5);
  const { request: _, ...texts } = textsOf(prices) ?? {};
  const [utcStart, utcEnd] = [hhmm(constraint.start_time), hhmm(constraint.end_time)];
  return [{ utcStart, utcEnd, ...texts }];
}

/**
 * What a bill here can hold, and what may stand in a list without being part of a text completion's
 * price.
 */
const billed =
  /^(input|output|cache_read|cache_write|cache_write_1h|output_reasoning)_mtok$|^requests_kcount$/;
const elsewhere = new Set([
  'input_audio_mtok',
  'cache_audio_read_mtok',
  'web_searches_kcount',
  'storage_searches_kcount',
]);

function billable(prices: ModelPrice): boolean {
  return Object.keys(prices).every((key) => billed.test(key) || elsewhere.has(key));
}

function textsOf(prices: ModelPrice): PriceTexts | null {
  const prompt = per(prices['input_mtok']);
  if (prompt === undefined) return null;
  return {
    prompt,
    completion: per(prices['output_mtok']) ?? '0',
    cacheRead: per(prices['cache_read_mtok']),
    cacheWrite: per(prices['cache_write_mtok']),
    cacheWriteHour: per(prices['cache_write_1h_mtok']),
    reasoning: per(prices['output_reasoning_mtok']),
    request: per(prices['requests_kcount'], 1_000),
  };
}

function lengthTiers(prices: ModelPrice): TierTexts[] {
  const keys = {
    input_mtok: 'prompt',
    output_mtok: 'completion',
    cache_read_mtok: 'cacheRead',
    cache_write_mtok: 'cacheWrite',
    cache_write_1h_mtok: 'cacheWriteHour',
  };
  const byStart = new Map<number, Record<string, string | undefined>>();
  for (const [listed, ours] of Object.entries(keys)) {
    const price = prices[listed];
    if (typeof price !== 'object') continue;
    for (const { start, price: value } of price.tiers) {
      byStart.set(start, { ...byStart.get(start), [ours]: per(value) });
    }
  }
  return [...byStart]
    .sort(([a], [b]) => a - b)
    .map(([start, texts]) => ({ minPromptTokens: start, ...texts }));
}

function per(price: ModelPrice[string], units: 1_000 | 1_000_000 = 1_000_000): string | undefined {
  const value = typeof price === 'object' ? price.base : price;
  return value === undefined ? undefined : (perUnit(value, units) ?? undefined);
}
