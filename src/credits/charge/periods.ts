import { dayMs } from '#kernel';
import type { AllowanceTarget } from '../terms.ts';

type Period = AllowanceTarget['period'];

/**
 * When the period that `at` lies in began, in UTC: weeks begin on Monday; NONE is one period for
 * ever. A period is never reset: the next one is another row, so nothing moves at midnight.
 */
export function periodStart(period: Period, at: Date): Date {
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  switch (period) {
    case 'NONE':
      return new Date(0);
    case 'DAILY':
      return new Date(Date.UTC(year, month, day));
    case 'WEEKLY':
      return new Date(Date.UTC(year, month, day - ((at.getUTCDay() + 6) % 7)));
    case 'MONTHLY':
      return new Date(Date.UTC(year, month));
  }
}

/** When the next one begins; null when none does. */
export function nextPeriodStart(period: Period, at: Date): Date | null {
  const start = periodStart(period, at);
  switch (period) {
    case 'NONE':
      return null;
    case 'DAILY':
      return new Date(start.getTime() + dayMs);
    case 'WEEKLY':
      return new Date(start.getTime() + 7 * dayMs);
    case 'MONTHLY':
      return new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1));
  }
}
