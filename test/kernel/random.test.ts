import { expect, it } from 'vitest';
import { secureText, seededRandom, systemRandom } from '#kernel';

const draw = (seed: string | number, count: number) => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random.next());
};

it('the same seed gives the same sequence, on every machine', () => {
  expect(draw('bourse', 100)).toEqual(draw('bourse', 100));
  expect(draw('bourse', 3)).toMatchInlineSnapshot(`
    [
      0.8491357546299696,
      0.807323734043166,
      0.549703125609085,
    ]
  `);
});

it('other seeds give other sequences, also when they differ by little', () => {
  const firsts = new Set(Array.from({ length: 1_000 }, (_, seed) => draw(seed, 1)[0]));
  expect(firsts.size).toBe(1_000);
});

it.each([1, 'two', 2 ** 40])('chance of seed %s lies evenly in [0, 1)', (seed) => {
  const buckets = new Array<number>(16).fill(0);
  for (const value of draw(seed, 16_000)) {
    expect(value >= 0 && value < 1).toBe(true);
    const index = Math.floor(value * 16);
    buckets[index] = (buckets[index] ?? 0) + 1;
  }
  // Chi-square with 15 degrees of freedom: above 37.7 in one of a thousand fair draws.
  const chiSquare = buckets.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0);
  expect(chiSquare).toBeLessThan(37.7);
});

it('system chance lies in [0, 1)', () => {
  const values = Array.from({ length: 1_000 }, () => systemRandom.next());
  expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
  expect(new Set(values).size).toBeGreaterThan(990);
});

it('a secure text has its length, its alphabet and no bias to the first letters', () => {
  const alphabet = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
  const text = secureText(62_000, alphabet);
  expect(text).toMatch(/^[0-9a-zA-Z]{62000}$/);
  const early = [...text].filter((letter) => alphabet.indexOf(letter) < 8).length;
  // 8 of 62 letters: 8,000 expected, a standard deviation of 83. With modulo bias it were 9,690.
  expect(Math.abs(early - 8_000)).toBeLessThan(600);
  expect(secureText(0, alphabet)).toBe('');
  expect(secureText(43, alphabet)).not.toBe(secureText(43, alphabet));
});
