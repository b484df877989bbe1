import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hasFewValues } from '../../src/http/json-values.ts';

/** Every value but the outermost stands in a list or an object. */
function valuesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, inner) => sum + valuesIn(inner), 1);
}

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.values(value).length === 0;

function emptyIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (isEmpty(value)) return 1;
  return Object.values(value).reduce<number>((sum, inner) => sum + emptyIn(inner), 0);
}

it('the values of a text are counted as its reader would meet them', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = Buffer.from(JSON.stringify(value));
      // What is empty counts as if there were one value in it.
      const values = valuesIn(value) + emptyIn(value);
      expect(hasFewValues(text, values)).toBe(true);
      if (values > 1) expect(hasFewValues(text, values - 1)).toBe(false);
    }),
    { numRuns: 300 },
  );
});

it('what stands in texts counts for nothing', () => {
  const said = { said: '[{,"\\'.repeat(100_000) };
  expect(hasFewValues(Buffer.from(JSON.stringify(said)))).toBe(true);
});

it('a body of millions of values is refused without being read', () => {
  expect(hasFewValues(Buffer.from(`[${'{},'.repeat(2_000_000)}0]`))).toBe(false);
});
