import { formatPrice, parsePrice } from '#kernel';
import type { PriceTier } from './market.ts';
import type { TierTexts } from './offer.ts';

const priceKeys = ['prompt', 'completion', 'cacheRead', 'cacheWrite', 'reasoning'] as const;
const conditionKeys = ['minPromptTokens', 'utcStart', 'utcEnd'] as const;

/** Tiers as the database keeps them (JSON has no big integers): prices as decimal texts. */
export function readTiers(json: unknown): readonly PriceTier[] {
  return (json as readonly TierTexts[]).map((texts) => ({
    ...pick(conditionKeys, (key) => texts[key]),
    ...pick(priceKeys, (key) => mapped(texts[key], parsePrice)),
  }));
}

/** The same, the other way; the order of keys is fixed, so that equal tiers are equal texts. */
export function writeTiers(tiers: readonly PriceTier[]): TierTexts[] {
  return tiers.map((tier) => ({
    ...pick(conditionKeys, (key) => tier[key]),
    ...pick(priceKeys, (key) => mapped(tier[key], formatPrice)),
  }));
}

const mapped = <From, To>(value: From | undefined, map: (value: From) => To) =>
  value === undefined ? undefined : map(value);

function pick<Key extends string, Value>(
  keys: readonly Key[],
  valueOf: (key: Key) => Value | undefined,
): Partial<Record<Key, Value>> {
  const present = keys.map((key) => [key, valueOf(key)] as const);
  return Object.fromEntries(present.filter(([, value]) => value !== undefined)) as Partial<
    Record<Key, Value>
  >;
}
