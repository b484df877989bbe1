import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { Distribution } from '#metrics';

const of = (values: readonly number[]) => {
  const distribution = new Distribution();
  for (const value of values) distribution.observe(value);
  return distribution;
};

/** The smallest value that at least this share of all values does not exceed. */
function nearestRank(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
}

const shares = { p50: 0.5, p75: 0.75, p90: 0.9, p99: 0.99 } as const;
const values = fc.array(fc.double({ min: 0.01, max: 1e6, noNaN: true }), {
  minLength: 1,
  maxLength: 300,
});

describe('a distribution', () => {
  test('is null before anything was observed', () => {
    expect(new Distribution().percentiles()).toBeNull();
  });

  it('gives the nearest rank within one per cent', () => {
    fc.assert(
      fc.property(values, (observed) => {
        const percentiles = of(observed).percentiles();
        for (const [name, share] of Object.entries(shares)) {
          const truth = nearestRank(observed, share);
          const given = percentiles?.[name as keyof typeof shares] ?? 0;
          expect(Math.abs(given - truth) / truth).toBeLessThanOrEqual(0.0101);
        }
      }),
    );
  });

  it('is the same merged in any order, and after its way through JSON', () => {
    fc.assert(
      fc.property(values, values, (left, right) => {
        const whole = of([...left, ...right]).percentiles();
        const merged = of(right);
        merged.merge(of(left));
        expect(merged.percentiles()).toEqual(whole);
        const travelled = JSON.parse(JSON.stringify(merged));
        expect(Distribution.from(travelled).percentiles()).toEqual(whole);
      }),
    );
  });

  it('takes nothing from what it merges', () => {
    const source = of([10]);
    const sum = new Distribution();
    sum.merge(source);
    sum.observe(1_000);
    expect(source.percentiles()?.p99).toBeCloseTo(10, 0);
  });
});

describe('what was cut short', () => {
  it('counts as at least so long: leaving a slow endpoint does not make it fast', () => {
    const slow = of([100, 100]);
    for (let left = 0; left < 8; left++) slow.observeAtLeast(5_000);
    expect(slow.percentiles()?.p50).toBeGreaterThan(4_900);
  });

  it('early says nothing about those that were waited for', () => {
    const waited = of(Array.from({ length: 100 }, (_, index) => 100 + index));
    const before = waited.percentiles();
    for (let left = 0; left < 100; left++) waited.observeAtLeast(1);
    expect(waited.percentiles()).toEqual(before);
  });
});
