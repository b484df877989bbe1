import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parsePrice } from '#kernel';
import { decimalText, perUnit } from '../../src/catalog/decimal.ts';

it.each([
  [0.15, '0.00000015'],
  [3, '0.000003'],
  [0, '0'],
  [0.003625, '0.000000003625'],
  [1250000, '1.25'],
  [0.18000000000000002, '0.00000018'],
  [1e-7, '0.0000000000001'],
])('a list price of %f per million is exactly %s per token', (perMillion, perToken) => {
  expect(perUnit(perMillion, 1_000_000)).toBe(perToken);
});

it('a price per thousand requests is exact per request', () => {
  expect(perUnit(12, 1_000)).toBe('0.012');
});

it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('%f is no price', (value) => {
  expect(decimalText(value)).toBeNull();
});

it('a price that 18 decimals cannot hold is refused, never rounded', () => {
  expect(perUnit(0.0000000000001, 1_000_000)).toBeNull();
});

it('every price with up to 9 decimals comes back digit for digit', () => {
  const price = fc.bigInt({ min: 0n, max: 10n ** 15n - 1n });
  fc.assert(
    fc.property(price, (units) => {
      const perMillion = Number(units) / 1e9;
      expect(parsePrice(perUnit(perMillion, 1_000_000) ?? '')).toBe(units * 1_000n);
    }),
  );
});
