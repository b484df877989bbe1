import type { Bus } from '#bus';
import type { Clock } from '#kernel';

/** Nodes say three times a second that they are there. */
const silentMs = 5_000;
const rememberedMs = 60_000;

/** Which nodes are heard: to ask one that is not is to wait for nothing. */
export class Hearing {
  readonly #clock: Clock;
  /** By session: when it was last heard. */
  readonly #heardMs = new Map<number, number>();
  /** Nobody can have been heard before. */
  #sinceMs: number;

  constructor(bus: Pick<Bus, 'subscribe' | 'onHealed'>, clock: Clock) {
    this.#clock = clock;
    this.#sinceMs = clock.monotonic();
    bus.subscribe('heartbeat', ({ session }) => this.#hear(session));
    bus.onHealed(() => {
      this.#heardMs.clear();
      this.#sinceMs = clock.monotonic();
    });
  }

  silent(session: number): boolean {
    return this.#clock.monotonic() - (this.#heardMs.get(session) ?? this.#sinceMs) > silentMs;
  }

  /** It did not answer: it counts as silent until it is heard again. */
  unanswered(session: number): void {
    this.#heardMs.set(session, Number.NEGATIVE_INFINITY);
  }

  #hear(session: number): void {
    const nowMs = this.#clock.monotonic();
    if (!this.#heardMs.has(session)) {
      for (const [other, heardMs] of this.#heardMs) {
        if (nowMs - heardMs > rememberedMs) this.#heardMs.delete(other);
      }
    }
    this.#heardMs.set(session, nowMs);
  }
}
