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

const rowsPerTurn = 50;

/**
 * Without the rows that this node has in memory: those are added to each answer. Step by step, from
 * the oldest row that there is, so that no reading of a thousand endpoints keeps the thread for
 * itself.
 */
export async function readSums(
  spans: readonly Span[],
  { archive, own, source, signal }: Rows,
): Promise<Sums> {
  const sums = new Map<string, Figures>();
  for (const span of spans) {
    const fromMs = Math.max(span.fromMs, await archive.since(span.step));
    for (const part of singleSteps({ ...span, fromMs })) {
      signal.throwIfAborted();
      let rows = 0;
      for (const { step, atMs, subject, source: by, figures } of await archive.read(part)) {
        if (by === source && own.has(step, atMs, subject)) continue;
        const sum = sums.get(subject) ?? new Figures();
        sums.set(subject, sum.mergeStored(figures));
        if (++rows % rowsPerTurn === 0) await nextTurn();
      }
    }
  }
  return sums;
}
