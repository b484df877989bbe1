import { expect, it } from 'vitest';
import { parsePrice } from '#kernel';
import type { Prices, PriceTier, Pricing } from '../../src/catalog/market.ts';
import { blendedPrice, pricesFor } from '../../src/catalog/pricing.ts';

const noon = new Date('2026-11-24T12:00:00Z');

function pricing(...tiers: PriceTier[]): Pricing {
  const cache = { cacheRead: 1n, cacheWrite: null, cacheWriteHour: null };
  const prices = { prompt: 10n, completion: 20n, ...cache, reasoning: null };
  const origin = { id: 'prc_1', from: noon, source: null, checkedAt: null };
  return { ...prices, image: null, request: 5n, tiers, ...origin };
}

const at = (time: string) => new Date(`2026-11-24T${time}Z`);
const prompts = (of: Pricing, tokens: number, when = noon): Prices['prompt'] =>
  pricesFor(of, tokens, when).prompt;

it('a tier applies to prompts strictly longer than its bound', () => {
  const long = pricing({ minPromptTokens: 200_000, prompt: 99n });
  expect(prompts(long, 199_999)).toBe(10n);
  expect(prompts(long, 200_000)).toBe(10n);
  expect(prompts(long, 200_001)).toBe(99n);
});

it('a window of time holds from its start to just before its end, in UTC', () => {
  const peak = pricing({ utcStart: '0100', utcEnd: '0400', prompt: 99n });
  expect(prompts(peak, 1, at('00:59:59.999'))).toBe(10n);
  expect(prompts(peak, 1, at('01:00:00'))).toBe(99n);
  expect(prompts(peak, 1, at('03:59:59.999'))).toBe(99n);
  expect(prompts(peak, 1, at('04:00:00'))).toBe(10n);
});

it('a window may wrap past midnight', () => {
  const night = pricing({ utcStart: '1630', utcEnd: '0030', prompt: 5n });
  expect(prompts(night, 1, at('16:29:59'))).toBe(10n);
  expect(prompts(night, 1, at('16:30:00'))).toBe(5n);
  expect(prompts(night, 1, at('00:29:59'))).toBe(5n);
  expect(prompts(night, 1, at('00:30:00'))).toBe(10n);
});

it('the last tier that applies wins, key by key; what no tier names keeps its price', () => {
  const both = pricing(
    { minPromptTokens: 100, prompt: 30n, completion: 60n },
    { minPromptTokens: 200, prompt: 40n },
  );
  expect(pricesFor(both, 201, noon)).toMatchObject({
    prompt: 40n,
    completion: 60n,
    cacheRead: 1n,
    request: 5n,
  });
});

it('a tier needs all of its conditions', () => {
  const tier = pricing({ minPromptTokens: 100, utcStart: '0100', utcEnd: '0400', prompt: 99n });
  expect(prompts(tier, 101, noon)).toBe(10n);
  expect(prompts(tier, 100, at('02:00:00'))).toBe(10n);
  expect(prompts(tier, 101, at('02:00:00'))).toBe(99n);
});

it('offers are compared by three prompt tokens and one completion token', () => {
  const prices = { prompt: parsePrice('0.000003'), completion: parsePrice('0.000015') };
  expect(blendedPrice(prices)).toBe(parsePrice('0.000024'));
});
