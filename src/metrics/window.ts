import { dayMs, hourMs, minuteMs } from '#kernel';

/** How far back figures reach. */
export type MetricsWindow =
  | 'ONE_MINUTE'
  | 'FIVE_MINUTES'
  | 'THIRTY_MINUTES'
  | 'ONE_HOUR'
  | 'ONE_DAY'
  | 'ONE_WEEK'
  | 'ONE_MONTH';

/** A month is 30 days. */
export const windowMs: Readonly<Record<MetricsWindow, number>> = {
  ONE_MINUTE: minuteMs,
  FIVE_MINUTES: 5 * minuteMs,
  THIRTY_MINUTES: 30 * minuteMs,
  ONE_HOUR: hourMs,
  ONE_DAY: dayMs,
  ONE_WEEK: 7 * dayMs,
  ONE_MONTH: 30 * dayMs,
};

/** A row of figures covers one of these stretches, aligned to the epoch (days to midnight UTC). */
export type Step = 'MINUTE' | 'HOUR' | 'DAY';

export const stepMs: Readonly<Record<Step, number>> = {
  MINUTE: minuteMs,
  HOUR: hourMs,
  DAY: dayMs,
};

export const steps = ['MINUTE', 'HOUR', 'DAY'] as const satisfies readonly Step[];

/** The beginning of the step that `atMs` lies in. */
export const startOf = (step: Step, atMs: number) => Math.floor(atMs / stepMs[step]) * stepMs[step];

/** From `fromMs` to `untilMs`, exclusive. */
export interface Stretch {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The rows of one step in a stretch. */
export interface Span extends Stretch {
  readonly step: Step;
}

/**
 * The hours of a long window which ends `untilBackMs` ago. The hour in which it begins counts
 * whole, the one in which an earlier window ends not, so that two windows in a row share nothing.
 */
export function hoursOf(nowMs: number, backMs: number, untilBackMs: number): Stretch {
  const until = startOf('HOUR', nowMs - untilBackMs);
  return {
    fromMs: startOf('HOUR', nowMs - backMs),
    untilMs: untilBackMs === 0 ? until + hourMs : until,
  };
}

/** The fewest rows that cover whole hours: whole days, and hours at their ends. */
export function spansOf({ fromMs, untilMs }: Stretch): Span[] {
  const firstDay = startOf('DAY', fromMs + dayMs - 1);
  const lastDay = startOf('DAY', untilMs);
  if (firstDay > lastDay) return spans([['HOUR', fromMs, untilMs]]);
  return spans([
    ['HOUR', fromMs, firstDay],
    ['DAY', firstDay, lastDay],
    ['HOUR', lastDay, untilMs],
  ]);
}

/** The same rows in parts of one step each. */
export function* singleSteps({ step, fromMs, untilMs }: Span): Generator<Span> {
  for (let at = fromMs; at < untilMs; at += stepMs[step]) {
    yield { step, fromMs: at, untilMs: Math.min(at + stepMs[step], untilMs) };
  }
}

/** An hour's last rows are written in the first minute after it. */
const writtenMs = 2 * minuteMs;

/** The moment before which no row is written any more. */
export const writtenUntil = (nowMs: number) => startOf('HOUR', nowMs - writtenMs);

const spans = (rows: readonly (readonly [Step, number, number])[]): Span[] =>
  rows
    .filter(([, fromMs, untilMs]) => fromMs < untilMs)
    .map(([step, fromMs, untilMs]) => ({ step, fromMs, untilMs }));
