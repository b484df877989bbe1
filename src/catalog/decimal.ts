import { invariant, priceDigits } from '#kernel';

/**
 * The decimal text of a number as its author wrote it. Price lists hold JSON numbers, and
 * arithmetic in their making leaves traces (0.18000000000000002): a double carries 15 decimal
 * digits faithfully, so what differs beyond the fifteenth was never written by anyone. No exponent,
 * no trailing zeros; null for what is no finite number ≥ 0.
 */
export function decimalText(value: number): string | null {
  if (!Number.isFinite(value) || value < 0) return null;
  const [mantissa = '', exponent = '0'] = value.toExponential(14).split('e');
  const digits = mantissa.replace('.', '').replace(/0+$/, '') || '0';
  return place(digits, Number(exponent) + 1);
}

/**
 * A price per `units` (a power of ten) as an exact price per one; null when 18 decimals cannot hold
 * it.
 */
export function perUnit(value: number, units: 1_000 | 1_000_000): string | null {
  const text = decimalText(value);
  if (text === null) return null;
  const [whole = '0', fraction = ''] = text.split('.');
  const shifted = place(whole + fraction, whole.length - (units === 1_000 ? 3 : 6));
  return (shifted.split('.')[1] ?? '').length > priceDigits ? null : shifted;
}

/**
 * `digits` with the decimal point after the first `point` of them; `point` may be negative or
 * beyond the end.
 */
function place(digits: string, point: number): string {
  invariant(/^\d+$/.test(digits), 'A decimal is made of digits.');
  const padded = point <= 0 ? '0'.repeat(1 - point) + digits : digits.padEnd(point, '0');
  const at = Math.max(point, 1);
  const whole = padded.slice(0, at).replace(/^0+(?=\d)/, '');
  const fraction = padded.slice(at).replace(/0+$/, '');
  return fraction ? `${whole}.${fraction}` : whole;
}
