import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '#kernel';
import type { Archive } from './archive.ts';
import { Figures } from './figures.ts';
import type { Own } from './own.ts';
import type { Source } from './series.ts';
import { type Span, singleSteps } from './window.ts';

/** What the rows of some stretches amount to, by subject. */
export type Sums = ReadonlyMap<string, Figures>;

/** What rows are read with. */
export interface Rows {
  readonly clock: Clock;
  readonly archive: Archive;
  readonly own: Own;
  readonly source: Source;
  /** Ends what is being read. */
  readonly signal: AbortSignal;
}

const subjectsPerTurn = 50;

/**
 * Without the rows that this node has in memory: those are added to each answer. Step by step, from
 * the oldest row that there is, so that no reading of a thousand endpoints keeps the thread for
 * itself.
 */
export async function readSums(
  spans: readonly Span[],
  { archive, own, source, signal }: Rows,
): Promise<Sums> {
  const { generation } = own;
  const sums = new Map<string, Figures>();
  for (const span of spans) {
    const fromMs = Math.max(span.fromMs, await archive.since(span.step));
    for (const part of singleSteps({ ...span, fromMs })) {
      signal.throwIfAborted();
      let rows = 0;
      for (const row of await archive.read(part)) {
        if (row.source === source && own.has(row, generation)) continue;
        const sum = sums.get(row.subject) ?? new Figures();
        sums.set(row.subject, sum.mergeStored(row.figures));
        if (++rows % subjectsPerTurn === 0) await nextTurn();
      }
    }
  }
  return sums;
}

/** Both together; a subject of one alone shares its figures. */
export async function joined(past: Sums, present: Sums): Promise<Sums> {
  const sums = new Map(past);
  let subjects = 0;
  for (const [subject, now] of present) {
    const before = past.get(subject);
    sums.set(subject, before ? new Figures().merge(before).merge(now) : now);
    if (++subjects % subjectsPerTurn === 0) await nextTurn();
  }
  return sums;
}
