import type { Clock, Timer } from '#kernel';

/** A clock that stands still until it is moved. */
export interface VirtualClock extends Clock {
  /**
   * Moves time on by `ms`, running what falls due on the way in the order of its time (then of its
   * start), each after everything that the one before it set off without waiting has settled.
   */
  advance(ms: number): Promise<void>;
  /** Timers that wait: 0 when whoever was under test has cleaned up. */
  readonly pending: number;
}

interface Entry {
  dueMs: number;
  readonly order: number;
  readonly periodMs: number | null;
  readonly run: () => void;
}

/** Starts at 1 January 2026 unless told otherwise; `monotonic()` starts at 0. */
export function virtualClock(startMs = Date.UTC(2026, 0, 1)): VirtualClock {
  const entries = new Set<Entry>();
  let elapsedMs = 0;
  let started = 0;

  const start = (delayMs: number, periodMs: number | null, run: () => void): Timer => {
    const entry = { dueMs: elapsedMs + Math.max(0, delayMs), order: started++, periodMs, run };
    entries.add(entry);
    return { cancel: () => void entries.delete(entry) };
  };

  const fire = (entry: Entry) => {
    elapsedMs = Math.max(elapsedMs, entry.dueMs);
    if (entry.periodMs === null) entries.delete(entry);
    else entry.dueMs += Math.max(1, entry.periodMs);
    entry.run();
  };

  return {
    now: () => startMs + elapsedMs,
    monotonic: () => elapsedMs,
    after: (delayMs, run) => start(delayMs, null, run),
    every: (periodMs, run) => start(periodMs, periodMs, run),
    async advance(ms) {
      const target = elapsedMs + ms;
      await settled();
      for (let entry = next(entries); entry && entry.dueMs <= target; entry = next(entries)) {
        fire(entry);
        await settled();
      }
      elapsedMs = target;
    },
    get pending() {
      return entries.size;
    },
  };
}

function next(entries: ReadonlySet<Entry>): Entry | undefined {
  let first: Entry | undefined;
  for (const entry of entries) {
    if (!first || entry.dueMs < first.dueMs) first = entry;
    else if (entry.dueMs === first.dueMs && entry.order < first.order) first = entry;
  }
  return first;
}

/** An immediate runs after all microtasks, those included that microtasks add. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
