import { describe, expect, it } from 'vitest';
import { coverOf } from '../../src/completions/cost/cover.ts';
import { seededRandom } from '../../src/kernel/index.ts';
import { noPreferences, openRouter } from '../../src/routing/index.ts';
import { virtualClock } from '../harness/virtual-clock.ts';
import { market, type Offer, request } from '../routing/stand.ts';

const dollar = 10n ** 12n;
const unit = 10n ** 18n;

/** The cover of what the router makes of these offers; prices in dollars a token, no fee. */
function cover(offers: readonly Offer[], size: { promptTokens?: number; maxTokens?: number }) {
  const goods = market({ 'acme/one': offers });
  const random = seededRandom('cover');
  const router = openRouter({ clock: virtualClock(), random, market: () => goods });
  const { candidates } = router.route(request({ preferences: noPreferences, promptTokens: 0 }));
  const { promptTokens = 0, maxTokens = null } = size;
  const made = coverOf(candidates, { promptTokens, images: 0, maxTokens, feeRate: 0n });
  const [candidate] = candidates;
  if (!candidate) return expect.unreachable('an offer makes a candidate');
  return { ...made, candidate };
}

const priced = (prompt: bigint, completion: bigint): Offer => ({
  provider: `at-${completion}`,
  pricing: { prompt: prompt * unit, completion: completion * unit },
});

describe('what is set aside at first', () => {
  it.each<[string, readonly Offer[], object, bigint]>([
    ['prompt and cap', [priced(1n, 2n)], { promptTokens: 10, maxTokens: 5 }, 20n],
    ['the dearest candidate', [priced(1n, 1n), priced(0n, 9n)], { maxTokens: 5 }, 45n],
    ['4,096 tokens without a cap', [priced(0n, 1n)], {}, 4_096n],
    ['what the model can give, if less', [{ ...priced(0n, 1n), maxOutputTokens: 100 }], {}, 100n],
    ['a prompt no longer than the context', [priced(1n, 0n)], { promptTokens: 10 ** 9 }, 8_192n],
  ])('%s', (_name, offers, size, dollars) => {
    expect(cover(offers, size).worstCase()).toBe(dollars * dollar);
  });
});

describe('the largest cap that money pays for', () => {
  it('is admitted, and one token more is not', () => {
    const { affordableMaxTokens } = cover([priced(1n, 3n)], { promptTokens: 4 });
    const most = affordableMaxTokens(34n * dollar) ?? 0;
    const worst = (maxTokens: number) =>
      cover([priced(1n, 3n)], { promptTokens: 4, maxTokens }).worstCase();
    expect(worst(most)).toBeLessThanOrEqual(34n * dollar);
    expect(worst(most + 2)).toBeGreaterThan(34n * dollar);
  });

  it('is null when not even the prompt fits', () => {
    expect(cover([priced(5n, 1n)], { promptTokens: 4 }).affordableMaxTokens(19n * dollar)).toBe(
      null,
    );
  });

  it('fits an integer of the API where the answer costs nothing', () => {
    expect(cover([priced(1n, 0n)], {}).affordableMaxTokens(dollar)).toBe(2 ** 31 - 1);
  });
});

describe('the cap that goes upstream', () => {
  it("is the caller's, within what the model can give", () => {
    const { outputCap, candidate } = cover([{ ...priced(0n, 1n), maxOutputTokens: 50 }], {
      maxTokens: 80,
    });
    expect(outputCap(candidate, 0n)).toEqual({ tokens: 50, byCredits: false, grows: false });
  });

  it('is what the money pays for when there is less of it than the model can give', () => {
    const { outputCap, candidate } = cover([priced(0n, 1n)], {});
    const { tokens, byCredits, grows } = outputCap(candidate, 100n * dollar);
    expect([tokens <= 100, tokens >= 99, byCredits, grows]).toEqual([true, true, true, true]);
  });

  it('is what the model can give when there is money enough', () => {
    const { outputCap, candidate } = cover([priced(0n, 1n)], {});
    const enough = 1_000_000n * dollar;
    expect(outputCap(candidate, enough)).toEqual({ tokens: 8_192, byCredits: false, grows: true });
  });
});
