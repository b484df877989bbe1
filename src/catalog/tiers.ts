import { formatPrice, type Price, parsePrice } from '#kernel';
import type { PriceTier } from './market.ts';
import type { TierTexts } from './offer.ts';

/** Tiers as the database keeps them (JSON has no big integers), their prices as decimal texts. */
export function readTiers(json: unknown): readonly PriceTier[] {
  return (json as readonly TierTexts[]).map((texts) => present(texts, parsePrice));
}

/** The same, the other way; the order of keys is fixed, so that equal tiers are equal texts. */
export function writeTiers(tiers: readonly PriceTier[]): TierTexts[] {
  return tiers.map((tier) => present(tier, formatPrice));
}

type Tier<Amount> = {
  readonly [Key in keyof PriceTier]: PriceTier[Key] extends Price | undefined
    ? Amount | undefined
    : PriceTier[Key] | undefined;
};

type Present<Fields> = { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> };

/** A tier with its amounts in another form and without what it does not say. */
function present<From, To>(tier: Tier<From>, form: (amount: From) => To): Present<Tier<To>> {
  const amount = (value: From | undefined) => (value === undefined ? undefined : form(value));
  const fields = {
    minPromptTokens: tier.minPromptTokens,
    utcStart: tier.utcStart,
    utcEnd: tier.utcEnd,
    prompt: amount(tier.prompt),
    completion: amount(tier.completion),
    cacheRead: amount(tier.cacheRead),
    cacheWrite: amount(tier.cacheWrite),
    cacheWriteHour: amount(tier.cacheWriteHour),
    reasoning: amount(tier.reasoning),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
