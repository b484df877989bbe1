import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  amountMax,
  divideHalfEven,
  Fault,
  formatMoney,
  formatPerMillion,
  formatPrice,
  lineAmount,
  moneyOrNull,
  parseMoney,
  parsePrice,
  perMillionOrNull,
  priceOrNull,
  shareOf,
} from '#kernel';

const amounts = fc.bigInt({ min: -amountMax, max: amountMax });
const positive = fc.bigInt({ min: 1n, max: amountMax });

const absolute = (value: bigint) => (value < 0n ? -value : value);

describe('text', () => {
  it.each([
    ['0', 0n],
    ['-0', 0n],
    ['1', 1_000_000_000_000n],
    ['12.5', 12_500_000_000_000n],
    ['-0.000000000001', -1n],
    ['0.100000000000', 100_000_000_000n],
    ['0.1000000000000000000', 100_000_000_000n],
    ['007', 7_000_000_000_000n],
    ['9223372.036854775807', amountMax],
    ['-9223372.036854775807', -amountMax],
  ])('%s US dollars are read exactly', (text, amount) => {
    expect(parseMoney(text)).toBe(amount);
  });

  it.each([
    ['', '.5', '1.', '1e3', '1E3', '+1', ' 1', '1 ', '1,5', '0x1', 'NaN', 'Infinity', '--1', '1_0'],
    ['0.0000000000001', '1.2.3', '١', '1\n'],
    ['9223372.036854775808', '-9223372.036854775808', '99999999999999999999', '1'.repeat(21)],
  ])('what is no exact amount of 64 bits is refused: %s …', (...texts) => {
    for (const text of texts) expect(() => parseMoney(text), text).toThrow(Fault);
  });

  it('what was printed is read as the same amount, and has no exponent and no spare zero', () => {
    fc.assert(
      fc.property(amounts, (amount) => {
        const text = formatMoney(amount);
        expect(parseMoney(text)).toBe(amount);
        expect(parsePrice(formatPrice(amount))).toBe(amount);
        expect(text).toMatch(/^-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/);
      }),
    );
  });

  it('a price reads per unit and per million units', () => {
    const price = parsePrice('0.00000015');
    expect([formatPrice(price), formatPerMillion(price)]).toEqual(['0.00000015', '0.15']);
    expect(formatPerMillion(1n)).toBe('0.000000000001');
    expect(formatPerMillion(-parsePrice('0.0000025'))).toBe('-2.5');
  });
});

describe('rounding', () => {
  it.each([
    [5n, 10n, 0n],
    [15n, 10n, 2n],
    [25n, 10n, 2n],
    [26n, 10n, 3n],
    [24n, 10n, 2n],
    [-5n, 10n, 0n],
    [-15n, 10n, -2n],
    [-25n, 10n, -2n],
    [25n, -10n, -2n],
    [-35n, -10n, 4n],
    [0n, 7n, 0n],
  ])('%s ÷ %s is %s: the nearest, and of two the even one', (numerator, denominator, rounded) => {
    expect(divideHalfEven(numerator, denominator)).toBe(rounded);
  });

  it('is never off by more than half, takes the even one of two, and mirrors at zero', () => {
    fc.assert(
      fc.property(amounts, positive, (numerator, denominator) => {
        const rounded = divideHalfEven(numerator, denominator);
        const twiceOff = absolute(2n * (numerator - rounded * denominator));
        expect(twiceOff).toBeLessThanOrEqual(denominator);
        if (twiceOff === denominator) expect(rounded % 2n).toBe(0n);
        expect(divideHalfEven(-numerator, denominator)).toBe(-rounded);
      }),
    );
  });

  it('favours neither side: over all ties the differences cancel', () => {
    const drift = Array.from({ length: 1_000 }, (_, index) => BigInt(2 * index + 1)).reduce(
      (sum, odd) => sum + (2n * divideHalfEven(odd, 2n) - odd),
      0n,
    );
    expect(drift).toBe(0n);
  });
});

describe('a line of a bill', () => {
  it.each([
    [1_000, '0.00000015', '0.00015'],
    [1, '0.0000000000005', '0'],
    [3, '0.0000000000005', '0.000000000002'],
    [0, '5', '0'],
    [7, '0', '0'],
  ])('%s × %s is %s', (quantity, price, amount) => {
    expect(formatMoney(lineAmount(quantity, parsePrice(price)))).toBe(amount);
  });

  it('is within half of 10⁻¹² of the exact product', () => {
    const quantities = fc.integer({ min: 0, max: 10_000_000 });
    const prices = fc.bigInt({ min: 0n, max: 10n ** 15n });
    fc.assert(
      fc.property(quantities, prices, (quantity, price) => {
        const exact = BigInt(quantity) * price;
        expect(absolute(lineAmount(quantity, price) * 10n ** 6n - exact)).toBeLessThanOrEqual(
          500_000n,
        );
      }),
    );
  });

  it('refuses a quantity that is no count and an amount beyond 64 bits: nothing wraps', () => {
    for (const quantity of [-1, 1.5, NaN, Infinity, Number.MAX_SAFE_INTEGER + 1]) {
      expect(() => lineAmount(quantity, 1n), String(quantity)).toThrow(Fault);
    }
    expect(lineAmount(1_000_000, amountMax)).toBe(amountMax);
    expect(() => lineAmount(1_000_001, amountMax)).toThrow(Fault);
    expect(() => lineAmount(Number.MAX_SAFE_INTEGER, amountMax)).toThrow(Fault);
  });

  it('tells the amount to the operator and not to the caller', () => {
    try {
      lineAmount(1_000_001, amountMax);
      expect.unreachable();
    } catch (error) {
      expect((error as Fault).public).toBe('The amount is beyond what can be accounted for.');
      expect((error as Fault).internal).toMatch(/^out of range: 922338\d{13}$/);
    }
  });
});

describe('a share', () => {
  it('of 5 % is rounded like a line', () => {
    const rate = parsePrice('0.05');
    expect([10n, 30n, 50n, 1_000n].map((amount) => shareOf(amount, rate))).toEqual([
      0n,
      2n,
      2n,
      50n,
    ]);
  });

  it('of everything is everything, of nothing nothing, and never more than the amount', () => {
    const rates = fc.bigInt({ min: 0n, max: 10n ** 18n });
    fc.assert(
      fc.property(amounts, rates, (amount, rate) => {
        expect(shareOf(amount, 10n ** 18n)).toBe(amount);
        expect(shareOf(amount, 0n)).toBe(0n);
        expect(absolute(shareOf(amount, rate))).toBeLessThanOrEqual(absolute(amount));
      }),
    );
  });

  it('beyond 64 bits is refused', () => {
    expect(() => shareOf(amountMax, parsePrice('1.000001'))).toThrow(Fault);
  });
});

describe('a text that may be none', () => {
  it('is what its parser makes of it, or null where that throws', () => {
    expect([moneyOrNull('-2.5'), priceOrNull('0.000001')]).toEqual([
      parseMoney('-2.5'),
      parsePrice('0.000001'),
    ]);
    expect(['', '1e3', '99999999'].map(moneyOrNull)).toEqual([null, null, null]);
    expect(['x', '10', '1.0000000000000000001'].map(priceOrNull)).toEqual([null, null, null]);
  });

  it('may have a million zeros, which are looked at once', () => {
    const zeros = '0'.repeat(1_000_000); // each looked for the end of all from, it takes minutes
    expect(moneyOrNull(`1.${zeros}`)).toBe(parseMoney('1'));
    expect(moneyOrNull(`0.${zeros}1`)).toBe(null);
  });

  it('of a million units is the price of one, as it is printed', () => {
    expect(perMillionOrNull('2.5')).toBe(parsePrice('0.0000025'));
    expect(perMillionOrNull('0.0000000000001')).toBe(null);
    fc.assert(
      fc.property(positive, (price) => {
        expect(perMillionOrNull(formatPerMillion(price))).toBe(price);
      }),
    );
  });
});
