import { expect, it } from 'vitest';
import { compare, holds, percentile, rounded, tableOf } from './figures.ts';

it('a percentile is a value that was measured, by the nearest rank', () => {
  expect(percentile([4, 1, 3, 2], 50)).toBe(2);
  expect(percentile([4, 1, 3, 2], 99)).toBe(4);
  expect(percentile([7], 1)).toBe(7);
  expect(percentile([], 50)).toBeNaN();
});

it('a ratio is the median of what the rounds say, not the ratio of medians', () => {
  const quiet = { figure: 20, reference: 10 };
  const busy = { figure: 90, reference: 30 };
  const busier = { figure: 40, reference: 40 };
  expect(compare([quiet, busy, busier])).toEqual({
    figure: 40,
    reference: 30,
    ratio: 2,
    ratioMin: 1,
    ratioMax: 3,
  });
});

it('a bar holds at its own value, on its own side', () => {
  const most = { kind: 'at most', value: 2, unit: '×' } as const;
  const least = { kind: 'at least', value: 2, unit: '/s' } as const;
  expect([1, 2, 3].map((value) => holds(most, value))).toEqual([true, true, false]);
  expect([1, 2, 3].map((value) => holds(least, value))).toEqual([false, true, true]);
});

it('the table says of each line whether its bar holds', () => {
  const bar = { kind: 'at most', value: 1.5, unit: '×' } as const;
  const line = { row: 'a', what: 'b', figure: '1 µs', reference: '2 µs', ratio: '1', bar };
  const [, , held, missed] = tableOf([
    { ...line, measured: 1.5 },
    { ...line, measured: 1.6 },
  ]).split('\n');
  expect(held).toContain('| ≤ 1.5 × | holds ');
  expect(missed).toContain('| ≤ 1.5 × | MISSED |');
});

it('a figure has three digits that say something', () => {
  expect([0.01234, 1.2345, 48.26, 3_141.6].map(rounded)).toEqual([
    '0.0123',
    '1.23',
    '48.3',
    '3142',
  ]);
});
