import { hourMs, minuteMs, secondMs } from '#kernel';
import type { Archive } from './archive.ts';
import { Figures } from './figures.ts';
import type { Own } from './own.ts';
import type { Series, Source } from './series.ts';
import { type MetricsWindow, type Step, stepMs, windowMs } from './window.ts';

export interface HistoryPoint {
  /** The beginning of the step. */
  readonly at: Date;
  readonly figures: Figures;
}

/** How long one point is: at most 500 points, each of whole rows. */
const pointMs: Readonly<Record<MetricsWindow, number>> = {
  ONE_MINUTE: secondMs,
  FIVE_MINUTES: secondMs,
  THIRTY_MINUTES: minuteMs,
  ONE_HOUR: minuteMs,
  ONE_DAY: 5 * minuteMs,
  ONE_WEEK: hourMs,
  ONE_MONTH: 2 * hourMs,
};

/** The points of a window up to now, oldest first, without figures yet. */
function emptyPoints(window: MetricsWindow, nowMs: number): HistoryPoint[] {
  const each = pointMs[window];
  const last = Math.floor(nowMs / each);
  const count = windowMs[window] / each;
  return Array.from({ length: count }, (_, index) => ({
    at: new Date((last - count + 1 + index) * each),
    figures: new Figures(),
  }));
}

/** A short window, from memory. */
export function shortHistory(
  series: readonly Series[],
  window: MetricsWindow,
  nowMs: number,
): HistoryPoint[] {
  const each = pointMs[window];
  const points = emptyPoints(window, nowMs);
  for (const { at, figures } of points) {
    const from = at.getTime() - secondMs;
    for (const one of series) figures.merge(one.point(from, Math.min(from + each, nowMs)));
  }
  return points;
}

export interface LongHistory {
  readonly subjects: readonly string[];
  readonly window: MetricsWindow;
  readonly nowMs: number;
}

/** A long window, from rows: the database's, and in their place those that are in memory. */
export async function longHistory(
  { subjects, window, nowMs }: LongHistory,
  { archive, own, source }: { archive: Archive; own: Own; source: Source },
): Promise<HistoryPoint[]> {
  const step: Step = pointMs[window] < stepMs.HOUR ? 'MINUTE' : 'HOUR';
  const points = emptyPoints(window, nowMs);
  const begin = points[0]?.at.getTime() ?? nowMs;
  const span = { step, fromMs: begin, untilMs: nowMs + 1 };
  const pointOf = (atMs: number) => points[Math.floor((atMs - begin) / pointMs[window])];
  const { generation } = own;
  for (const row of await archive.read(span, subjects)) {
    if (row.source === source && own.has(row, generation)) continue;
    pointOf(row.atMs)?.figures.mergeStored(row.figures);
  }
  for (const subject of subjects) {
    for (const { atMs, figures } of own.within(span, subject, generation)) {
      pointOf(atMs)?.figures.merge(figures);
    }
  }
  return points;
}
