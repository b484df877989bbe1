import type { Price } from '#kernel';
import type { Prices, PriceTier, Pricing } from './market.ts';

/**
 * The prices of a prompt of `promptTokens` at a moment: the base prices with every tier that
 * applies laid over them in order, so that the last one wins key by key. A tier applies to prompts
 * strictly longer than its `minPromptTokens`, and within its UTC window.
 */
export function pricesFor(pricing: Pricing, promptTokens: number, at: Date): Prices {
  let prices = basePrices(pricing);
  for (const tier of pricing.tiers) {
    if (applies(tier, promptTokens, at)) prices = { ...prices, ...pricesOf(tier) };
  }
  return prices;
}

/** The prices that apply without any condition, in the order in which equal ones are compared. */
export function basePrices({ prompt, completion, image, request, ...rest }: Prices): Prices {
  const { cacheRead, cacheWrite, cacheWriteHour, reasoning } = rest;
  const ofPrompt = { prompt, cacheRead, cacheWrite, cacheWriteHour };
  return { ...ofPrompt, completion, reasoning, image, request };
}

/**
 * What 3 prompt tokens and 1 completion token cost: how offers are compared before a prompt is
 * known.
 */
export function blendedPrice(prices: Pick<Prices, 'prompt' | 'completion'>): Price {
  return prices.prompt * 3n + prices.completion;
}

function applies(tier: PriceTier, promptTokens: number, at: Date): boolean {
  if (tier.minPromptTokens !== undefined && promptTokens <= tier.minPromptTokens) return false;
  if (tier.utcStart === undefined || tier.utcEnd === undefined) return true;
  return inWindow(minutes(tier.utcStart), minutes(tier.utcEnd), minutesOf(at));
}

/** Half-open; an end before its start wraps past midnight, an end equal to it is the whole day. */
function inWindow(start: number, end: number, now: number): boolean {
  return start < end ? start <= now && now < end : start <= now || now < end;
}

const minutes = (hhmm: string) => Number(hhmm.slice(0, 2)) * 60 + Number(hhmm.slice(2));

const minutesOf = (at: Date) => at.getUTCHours() * 60 + at.getUTCMinutes();

function pricesOf({ minPromptTokens: _, utcStart: _start, utcEnd: _end, ...prices }: PriceTier) {
  return Object.fromEntries(Object.entries(prices).filter(([, price]) => price !== undefined));
}
