import type { Clock, Timer } from '#kernel';

const secondMs = 1_000;
/** In each second those are called who came in it, so that no second has all the work. */
const roundSeconds = 12;

export interface Beating {
  beat(): void;
}

/**
 * Calls all who joined once in twelve seconds, the first time a whole round after they came. One
 * timer for all: two for each of ten thousand sockets weigh megabytes.
 */
export class Heartbeats {
  readonly #clock: Clock;
  readonly #turns: readonly Set<Beating>[] = Array.from({ length: roundSeconds }, () => new Set());
  #turn = 0;
  #timer: Timer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  join(one: Beating): void {
    this.#turns[this.#turn]?.add(one);
    this.#timer ??= this.#clock.every(secondMs, () => this.#beat());
  }

  leave(one: Beating): void {
    for (const turn of this.#turns) turn.delete(one);
    if (this.#turns.some(({ size }) => size > 0)) return;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #beat(): void {
    this.#turn = (this.#turn + 1) % roundSeconds;
    for (const one of this.#turns[this.#turn] ?? []) one.beat();
  }
}
