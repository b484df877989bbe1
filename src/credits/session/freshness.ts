import type { Clock } from '#kernel';

/** A node that has not heard of the last change for longer than this does not admit on its own. */
const freshMsMax = 700;

interface Reading {
  readonly change: bigint;
  readonly readMs: number;
}

/**
 * How old this node's picture of keys, limits and policies is: it is as fresh as the latest reading
 * of the change counter of which everything is applied here. A revocation that commits is a change,
 * so a fresh node knows it.
 */
export class Freshness {
  readonly #clock: Clock;
  readonly #applied: () => bigint;
  #freshAtMs = Number.NEGATIVE_INFINITY;
  #ahead: Reading[] = [];

  constructor(clock: Clock, applied: () => bigint) {
    this.#clock = clock;
    this.#applied = applied;
  }

  /** The counter stood at `change` at `readMs` of this node's monotonic clock, or later. */
  note(change: bigint, readMs: number): void {
    this.#ahead.push({ change, readMs });
    this.#settle();
  }

  fresh(): boolean {
    this.#settle();
    return this.#clock.monotonic() - this.#freshAtMs <= freshMsMax;
  }

  #settle(): void {
    const applied = this.#applied();
    const sinceMs = this.#clock.monotonic() - freshMsMax;
    for (const { change, readMs } of this.#ahead) {
      if (change <= applied) this.#freshAtMs = Math.max(this.#freshAtMs, readMs);
    }
    this.#ahead = this.#ahead.filter(({ change, readMs }) => change > applied && readMs >= sinceMs);
  }
}
