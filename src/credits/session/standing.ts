import type { Clock } from '#kernel';

/**
 * A node admits until this long after its last confirmed renewal was sent; others reap it 5 s later
 * at the earliest.
 */
const admitMsMax = 45_000;
/** A clock that moved this much more than the other was set, or the machine slept. */
const jumpMs = 5_000;

/** One moment on both clocks: one may be set, the other may not count a machine that sleeps. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export const momentOf = (clock: Clock): Moment => ({
  monotonicMs: clock.monotonic(),
  wallMs: clock.now(),
});

/** How sure a renewal that was sent at `sent` makes the node now, by whichever clock says less. */
export function confidence(sent: Moment, now: Moment): 'SURE' | 'JUMPED' | 'EXPIRED' {
  const monotonicMs = now.monotonicMs - sent.monotonicMs;
  const wallMs = now.wallMs - sent.wallMs;
  if (Math.abs(wallMs - monotonicMs) > jumpMs) return 'JUMPED';
  return Math.max(wallMs, monotonicMs) <= admitMsMax ? 'SURE' : 'EXPIRED';
}
