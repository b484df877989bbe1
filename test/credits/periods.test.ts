import { describe, expect, test } from 'vitest';
import { nextPeriodStart, periodStart } from '../../src/credits/charge/periods.ts';

describe('the period of a limit', () => {
  const rows = [
    ['DAILY', '2026-01-15T23:59:59.999Z', '2026-01-15', '2026-01-16'],
    ['DAILY', '2026-12-31T00:00:00.000Z', '2026-12-31', '2027-01-01'],
    ['WEEKLY', '2026-01-18T23:59:59.999Z', '2026-01-12', '2026-01-19'],
    ['WEEKLY', '2026-01-19T00:00:00.000Z', '2026-01-19', '2026-01-26'],
    ['MONTHLY', '2026-02-28T12:00:00.000Z', '2026-02-01', '2026-03-01'],
    ['MONTHLY', '2026-12-31T23:59:59.999Z', '2026-12-01', '2027-01-01'],
  ] as const;

  test.each(rows)('%s at %s began on %s and ends on %s, UTC', (period, at, start, next) => {
    expect(periodStart(period, new Date(at))).toEqual(new Date(start));
    expect(nextPeriodStart(period, new Date(at))).toEqual(new Date(next));
  });

  test('NONE is one for ever', () => {
    expect(periodStart('NONE', new Date(1))).toEqual(new Date(0));
    expect(nextPeriodStart('NONE', new Date(1))).toBeNull();
  });
});
