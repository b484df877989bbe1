import type { Clock } from './clock.ts';

/**
 * An abort of its own that also follows others. `release` lets go of them: call it in `finally`.
 */
export interface LinkedAbort {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  release(): void;
}

/**
 * Follows `parents`: the first that aborts aborts this one with the same reason. Unlike
 * `AbortSignal.any`, nothing stays registered on a long-lived parent after `release`.
 */
export function linkAborts(...parents: readonly (AbortSignal | undefined)[]): LinkedAbort {
  const controller = new AbortController();
  const unlinks: (() => void)[] = [];
  const release = () => {
    for (const unlink of unlinks.splice(0)) unlink();
  };
  for (const parent of parents) {
    if (!parent) continue;
    const follow = () => controller.abort(parent.reason);
    if (parent.aborted) {
      follow();
      break;
    }
    parent.addEventListener('abort', follow, { once: true });
    unlinks.push(() => parent.removeEventListener('abort', follow));
  }
  return { signal: controller.signal, abort: (reason) => controller.abort(reason), release };
}

/** A point in time after which `expire` runs, unless it was met or moved before. */
export interface Deadline {
  /** Starts anew, `ms` from now (default: the first length). */
  move(ms?: number): void;
  meet(): void;
}

export function deadline(clock: Clock, ms: number, expire: () => void): Deadline {
  let timer = clock.after(ms, expire);
  return {
    move(next = ms) {
      timer.cancel();
      timer = clock.after(next, expire);
    },
    meet: () => timer.cancel(),
  };
}
