import { Fault } from './fault.ts';

/**
 * Exact money. An amount is an integer of 10⁻¹² US dollar, a price an integer of 10⁻¹⁸ US dollar
 * per unit (some per-million prices do not fit 10⁻¹² a token). Floats never touch money. There is
 * one rounding rule, half to even, and it is applied once, where a quantity meets a price.
 */
export type Money = bigint;
export type Price = bigint;

const moneyDigits = 12;
export const priceDigits = 18;
const pricePerMoney = 10n ** BigInt(priceDigits - moneyDigits);

/**
 * A single amount is stored as a 64-bit integer; nothing beyond it is accepted, nothing is ever
 * wrapped.
 */
export const amountMax: Money = 2n ** 63n - 1n;

/**
 * Reads an exact decimal of US dollars. Refuses exponents, more than 12 decimals and what 64 bits
 * cannot hold.
 */
export const parseMoney = (text: string): Money => parseDecimal(text, moneyDigits);

/** Reads an exact decimal of US dollars per unit, up to 18 decimals. */
export const parsePrice = (text: string): Price => parseDecimal(text, priceDigits);

/** As `parseMoney`; null for a text that it refuses. */
export const moneyOrNull = (text: string): Money | null => orNull(parseMoney, text);

/** As `parsePrice`; null for a text that it refuses. */
export const priceOrNull = (text: string): Price | null => orNull(parsePrice, text);

/**
 * The price of a unit, read from that of a million units; null for a text that `parseMoney`
 * refuses: 10⁻¹² US dollar a million are, digit for digit, 10⁻¹⁸ US dollar a unit.
 */
export const perMillionOrNull = (text: string): Price | null => moneyOrNull(text);

/** US dollars as a plain decimal: no exponent, no trailing zeros. */
export const formatMoney = (amount: Money): string => formatDecimal(amount, moneyDigits);

export const formatPrice = (price: Price): string => formatDecimal(price, priceDigits);

/** The price of a million units, which is how people read prices. */
export const formatPerMillion = (price: Price): string => formatDecimal(price, priceDigits - 6);

/**
 * US dollars as a number, for graphs and for wires that have no decimals: the nearest one up to
 * 9,000 dollars. Nothing is reckoned with it.
 */
export const dollarsOf = (amount: Money): number => Number(amount) / 1e12;

/** quantity × price, rounded half to even to 10⁻¹² US dollar: one line of a bill. */
export function lineAmount(quantity: number, unitPrice: Price): Money {
  if (!Number.isSafeInteger(quantity) || quantity < 0) throw outOfRange(String(quantity));
  return inRange(divideHalfEven(BigInt(quantity) * unitPrice, pricePerMoney));
}

/** `rate` × `amount`, rounded like a line. The rate is a price-scaled decimal: 0.05 is 5 × 10¹⁶. */
export function shareOf(amount: Money, rate: Price): Money {
  return inRange(divideHalfEven(amount * rate, 10n ** BigInt(priceDigits)));
}

/**
 * numerator ÷ denominator to the nearest integer; a tie goes to the even one (banker's rounding).
 */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n !== denominator < 0n;
  const [n, d] = [abs(numerator), abs(denominator)];
  const [floor, rest] = [n / d, (n % d) * 2n];
  const rounded = rest > d || (rest === d && floor % 2n === 1n) ? floor + 1n : floor;
  return negative ? -rounded : rounded;
}

function parseDecimal(text: string, digits: number): bigint {
  const match = /^(-?)(\d{1,20})(?:\.(\d+))?$/.exec(text);
  const fraction = withoutLastZeros(match?.[3] ?? '');
  if (!match || fraction.length > digits) {
    throw new Fault('INVALID_INPUT', {
      public: `Not an exact decimal with at most ${digits} decimals, like "12.5".`,
    });
  }
  const units = BigInt(match[2] + fraction.padEnd(digits, '0'));
  return inRange(match[1] ? -units : units);
}

function orNull(parse: (text: string) => bigint, text: string): bigint | null {
  try {
    return parse(text);
  } catch (thrown) {
    if (thrown instanceof Fault) return null;
    throw thrown;
  }
}

function formatDecimal(units: bigint, digits: number): string {
  const text = abs(units)
    .toString()
    .padStart(digits + 1, '0');
  const point = text.length - digits;
  const fraction = withoutLastZeros(text.slice(point));
  const whole = text.slice(0, point);
  return `${units < 0n ? '-' : ''}${whole}${fraction ? `.${fraction}` : ''}`;
}

/** By hand: `/0+$/` looks from each zero of what anybody may send to the end of their run. */
function withoutLastZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  return digits.slice(0, end);
}

/** The amount itself. @throws Fault INVALID_INPUT beyond what 64 bits hold */
export function inRange(amount: bigint): bigint {
  if (abs(amount) > amountMax) throw outOfRange(amount.toString());
  return amount;
}

function outOfRange(given: string): Fault {
  return new Fault('INVALID_INPUT', {
    public: 'The amount is beyond what can be accounted for.',
    internal: `out of range: ${given}`,
  });
}

const abs = (value: bigint) => (value < 0n ? -value : value);

/** The larger of two; with `reduce`, the largest of all. */
export const greatest = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** The smaller of two; with `reduce`, the smallest of all. */
export const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
