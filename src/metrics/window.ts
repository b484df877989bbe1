/** How far back figures reach. */
export type MetricsWindow =
  | 'ONE_MINUTE'
  | 'FIVE_MINUTES'
  | 'THIRTY_MINUTES'
  | 'ONE_HOUR'
  | 'ONE_DAY'
  | 'ONE_WEEK'
  | 'ONE_MONTH';

export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

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

/** Rows from `fromMs` to `untilMs`, exclusive. */
export interface Span {
  readonly step: Step;
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * The fewest rows that cover a long window which ends `untilBackMs` ago: whole days, and hours at
 * its ends. The hour in which it begins counts whole, the one in which an earlier window ends not,
 * so that two windows in a row share nothing.
 */
export function spansOf(nowMs: number, backMs: number, untilBackMs: number): Span[] {
  const from = startOf('HOUR', nowMs - backMs);
  const until = startOf('HOUR', nowMs - untilBackMs) + (untilBackMs === 0 ? hourMs : 0);
  const firstDay = startOf('DAY', from + dayMs - 1);
  const lastDay = startOf('DAY', until);
  if (firstDay > lastDay) return spans([['HOUR', from, until]]);
  return spans([
    ['HOUR', from, firstDay],
    ['DAY', firstDay, lastDay],
    ['HOUR', lastDay, until],
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

/** The spans before and after the moment before which no row is written any more. */
export function dividedSpans(spans: readonly Span[], nowMs: number) {
  const at = startOf('HOUR', nowMs - writtenMs);
  const closed: Span[] = [];
  const open: Span[] = [];
  for (const span of spans) {
    if (span.untilMs <= at) closed.push(span);
    else if (span.step !== 'HOUR' || span.fromMs >= at) open.push(span);
    else {
      closed.push({ ...span, untilMs: at });
      open.push({ ...span, fromMs: at });
    }
  }
  return { closed, open };
}

const spans = (rows: readonly (readonly [Step, number, number])[]): Span[] =>
  rows
    .filter(([, fromMs, untilMs]) => fromMs < untilMs)
    .map(([step, fromMs, untilMs]) => ({ step, fromMs, untilMs }));
