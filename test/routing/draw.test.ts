import { describe, expect, it } from 'vitest';
import { seededRandom } from '#kernel';
import { byChance, drawAll, heaviest, shares } from '../../src/routing/draw.ts';
import { perMillion } from './stand.ts';

const prices = [1, 2, 3, 7].map(perMillion);

/** Pearson's statistic of what was counted against what the shares promise. */
function chiSquare(counts: readonly number[], expected: readonly number[], draws: number): number {
  return counts.reduce((sum, count, index) => {
    const promised = (expected[index] ?? 0) * draws;
    return sum + (count - promised) ** 2 / promised;
  }, 0);
}

describe('the share of first tries', () => {
  it('is 9 to 1 at one dollar against three', () => {
    const [cheap, dear] = shares([perMillion(1), perMillion(3)]);
    expect(cheap).toBeCloseTo(0.9, 12);
    expect(dear).toBeCloseTo(0.1, 12);
  });

  it('of a free endpoint leaves a hundredth to a priced one', () => {
    const [free, priced] = shares([0n, perMillion(3)]);
    expect((free ?? 0) / (priced ?? 1)).toBeCloseTo(100, 9);
  });

  it('of a price that is all but nothing is that of a free one', () => {
    expect(shares([1n, perMillion(3)])).toEqual(shares([0n, perMillion(3)]));
  });

  it.each([
    ['all free', [0n, 0n, 0n]],
    ['mostly free', [0n, 0n, perMillion(3)]],
    ['far apart', [1n, 10n ** 15n, 10n ** 18n]],
    ['one', [perMillion(2)]],
  ])('adds up to 1 and stays finite: %s', (_, list) => {
    const all = shares(list);
    expect(all.every((share) => Number.isFinite(share) && share >= 0)).toBe(true);
    expect(all.reduce((left, right) => left + right, 0)).toBeCloseTo(1, 12);
  });
});

describe('the draw', () => {
  it.each(['tulip', 'south sea', 'rail'])(
    'follows 1/price² over 10,000 draws (seed %s)',
    (seed) => {
      const pick = byChance(seededRandom(seed));
      const weights = shares(prices);
      const counts = prices.map(() => 0);
      for (let draw = 0; draw < 10_000; draw++) {
        const [first = -1] = drawAll([0, 1, 2, 3], weights, pick);
        counts[first] = (counts[first] ?? 0) + 1;
      }
      // 16.27 is the 0.999 quantile for three degrees of freedom.
      expect(chiSquare(counts, weights, 10_000)).toBeLessThan(16.27);
    },
  );

  it('draws the second place among those that are left, in their proportion', () => {
    const pick = byChance(seededRandom('second'));
    const weights = shares(prices);
    const counts = [0, 0, 0];
    let draws = 0;
    while (draws < 5_000) {
      const [first, second = 0] = drawAll([0, 1, 2, 3], weights, pick);
      if (first !== 0) continue;
      counts[second - 1] = (counts[second - 1] ?? 0) + 1;
      draws += 1;
    }
    // 13.82 is the 0.999 quantile for two degrees of freedom.
    expect(chiSquare(counts, shares(prices.slice(1)), draws)).toBeLessThan(13.82);
  });

  it('is the same again with the same seed, and another with another', () => {
    const run = (seed: string) => {
      const pick = byChance(seededRandom(seed));
      return Array.from({ length: 50 }, () => drawAll([0, 1, 2, 3], shares(prices), pick));
    };
    expect(run('a')).toEqual(run('a'));
    expect(run('a')).not.toEqual(run('b'));
  });

  it('never leaves the list when chance comes as close to 1 as it can', () => {
    const pick = byChance({ next: () => 1 - 2 ** -53 });
    expect(pick([0.1, 0.2, 0.7])).toBe(2);
    expect(pick([1, 1e-300])).toBeLessThan(2);
  });

  it('of a dry run takes the heaviest, of equals the first', () => {
    expect(drawAll(['a', 'b', 'c'], [0.2, 0.4, 0.4], heaviest)).toEqual(['b', 'c', 'a']);
  });
});
