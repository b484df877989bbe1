import { describe, expect, it } from 'vitest';
import { seededRandom } from '#kernel';
import { byChance, heaviest, leastFirst, shares } from '../../src/routing/draw.ts';
import { perMillion } from './stand.ts';

const dollars = (price: number) => Number(perMillion(price));
const prices = [1, 2, 3, 7].map(dollars);

/** Pearson's statistic of what was counted against what the shares promise. */
function chiSquare(counts: readonly number[], expected: ArrayLike<number>, draws: number): number {
  return counts.reduce((sum, count, index) => {
    const promised = (expected[index] ?? 0) * draws;
    return sum + (count - promised) ** 2 / promised;
  }, 0);
}

describe('the share of first tries', () => {
  it('is 9 to 1 at one dollar against three', () => {
    const [cheap, dear] = shares([1, 3].map(dollars));
    expect(cheap).toBeCloseTo(0.9, 12);
    expect(dear).toBeCloseTo(0.1, 12);
  });

  it('of a free endpoint leaves a hundredth to a priced one', () => {
    const [free, priced] = shares([0, 3].map(dollars));
    expect((free ?? 0) / (priced ?? 1)).toBeCloseTo(100, 9);
  });

  it('of a price that is all but nothing is that of a free one', () => {
    expect(shares([1, dollars(3)])).toEqual(shares([0, 3].map(dollars)));
  });

  it.each([
    ['all free', [0, 0, 0]],
    ['mostly free', [0, 0, dollars(3)]],
    ['far apart', [1, 1e15, 1e18]],
    ['one', [dollars(2)]],
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
      const draw = byChance(seededRandom(seed));
      const weights = shares(prices);
      const counts = prices.map(() => 0);
      for (let time = 0; time < 10_000; time++) {
        const [first = -1] = draw(weights);
        counts[first] = (counts[first] ?? 0) + 1;
      }
      // 16.27 is the 0.999 quantile for three degrees of freedom.
      expect(chiSquare(counts, weights, 10_000)).toBeLessThan(16.27);
    },
  );

  it('draws the second place among those that are left, in their proportion', () => {
    const draw = byChance(seededRandom('second'));
    const weights = shares(prices);
    const counts = [0, 0, 0];
    let draws = 0;
    while (draws < 5_000) {
      const [first, second = 0] = draw(weights);
      if (first !== 0) continue;
      counts[second - 1] = (counts[second - 1] ?? 0) + 1;
      draws += 1;
    }
    // 13.82 is the 0.999 quantile for two degrees of freedom.
    expect(chiSquare(counts, shares(prices.slice(1)), draws)).toBeLessThan(13.82);
  });

  it('is the same again with the same seed, and another with another', () => {
    const run = (seed: string) => {
      const draw = byChance(seededRandom(seed));
      return Array.from({ length: 50 }, () => [...draw(shares(prices))]);
    };
    expect(run('a')).toEqual(run('a'));
    expect(run('a')).not.toEqual(run('b'));
  });

  it('never leaves the list when chance comes as close to 1 as it can', () => {
    const draw = byChance({ next: () => 1 - 2 ** -53 });
    expect([...draw(Float64Array.of(0.1, 0.2, 0.7))]).toEqual([2, 1, 0]);
    expect([...draw(Float64Array.of(1, 1e-300))].toSorted()).toEqual([0, 1]);
  });

  it('of a dry run takes the heaviest, of equals the first', () => {
    expect([...heaviest(Float64Array.of(0.2, 0.4, 0.4))]).toEqual([1, 2, 0]);
  });

  it('asks for no more chance than is needed for the first', () => {
    let asked = 0;
    const draw = byChance({
      next() {
        asked += 1;
        return 0.5;
      },
    });
    draw(shares(prices)).next();
    expect(asked).toBe(1);
  });
});

it('the least comes first, of equals the first, and each once', () => {
  const figures = Float64Array.of(3, 1, Number.MAX_VALUE, 1, Number.MAX_VALUE);
  expect([...leastFirst(figures)]).toEqual([1, 3, 0, 2, 4]);
});
