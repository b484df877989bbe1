import { type Clock, systemClock, type Timer } from '#kernel';

/** Time as it passes, and faster: for whole servers that wait for seconds between two steps. */
export interface HastyClock extends Clock {
  /** So much time has passed at once: whatever fell due in it runs now. */
  skip(ms: number): void;
}

interface Entry {
  dueMs: number;
  readonly periodMs: number | null;
  readonly run: () => void;
  timer: Timer | null;
}

export function hastyClock(): HastyClock {
  const entries = new Set<Entry>();
  let skippedMs = 0;
  const monotonic = () => systemClock.monotonic() + skippedMs;

  const arm = (entry: Entry) => {
    entry.timer?.cancel();
    entry.timer = systemClock.after(Math.max(0, entry.dueMs - monotonic()), () => fire(entry));
  };
  const fire = (entry: Entry) => {
    if (entry.periodMs === null) {
      entries.delete(entry);
      entry.timer?.cancel();
    } else {
      entry.dueMs = monotonic() + entry.periodMs;
      arm(entry);
    }
    entry.run();
  };
  const start = (delayMs: number, periodMs: number | null, run: () => void): Timer => {
    const entry: Entry = { dueMs: monotonic() + delayMs, periodMs, run, timer: null };
    entries.add(entry);
    arm(entry);
    return {
      cancel() {
        entries.delete(entry);
        entry.timer?.cancel();
      },
    };
  };

  return {
    now: () => systemClock.now() + skippedMs,
    monotonic,
    after: (delayMs, run) => start(delayMs, null, run),
    every: (periodMs, run) => start(periodMs, periodMs, run),
    skip(ms) {
      skippedMs += ms;
      const inOrder = [...entries].sort((left, right) => left.dueMs - right.dueMs);
      for (const entry of inOrder) {
        if (!entries.has(entry)) continue;
        if (entry.dueMs <= monotonic()) fire(entry);
        else arm(entry);
      }
    },
  };
}
