import type { Clock, Timer } from '#kernel';
import type { Events } from './events.ts';

/** The clocks of one process: they may be set, they may stand still, and they end with it. */
export class ProcessClock implements Clock {
  readonly #events: Events;
  readonly #oneClock: boolean;
  #sleptMs = 0;
  #heldBack: (() => void)[] = [];
  paused = false;
  dead = false;
  wallOffsetMs = Date.UTC(2026, 0, 15);

  /** With `oneClock` the wall clock is taken for both: a sabotage. */
  constructor(events: Events, oneClock: boolean) {
    this.#events = events;
    this.#oneClock = oneClock;
  }

  now(): number {
    return this.wallOffsetMs + this.#events.nowMs;
  }

  monotonic(): number {
    return this.#oneClock ? this.now() : this.#events.nowMs - this.#sleptMs;
  }

  after(delayMs: number, run: () => void): Timer {
    const event = this.#events.after(delayMs, () => this.happens(run));
    return {
      cancel() {
        event.off = true;
      },
    };
  }

  every(periodMs: number, run: () => void): Timer {
    let timer = this.after(periodMs, () => again());
    let on = true;
    const again = () => {
      timer = this.after(periodMs, again);
      run();
    };
    return {
      cancel() {
        if (on) timer.cancel();
        on = false;
      },
    };
  }

  /** Something reaches the process: now, when it runs again, or never. */
  happens(run: () => void): void {
    if (this.dead) return;
    if (this.paused) this.#heldBack.push(run);
    else run();
  }

  /** The process goes on; a suspended machine does not count the time on one of its clocks. */
  resume(sleptMs: number): void {
    this.#sleptMs += sleptMs;
    this.paused = false;
    for (const run of this.#heldBack.splice(0)) this.happens(run);
  }
}
