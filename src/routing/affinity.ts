import type { Clock } from '#kernel';

/** Prompt caches of providers live for about five minutes after their last use; ten are safe. */
const idleMs = 600_000;
const sessionsMax = 50_000;

interface Stay {
  readonly endpointId: string;
  readonly untilMs: number;
}

/**
 * Where each session's last answer came from, so that its next request finds the provider's prompt
 * cache warm. Forgets a session after ten idle minutes, and the least recently used one when there
 * are too many.
 */
export class Affinity {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #stays = new Map<string, Stay>();

  constructor(clock: Clock, max = sessionsMax) {
    this.#clock = clock;
    this.#max = max;
  }

  lastOf(session: string): string | null {
    const stay = this.#stays.get(session);
    if (!stay || stay.untilMs <= this.#clock.monotonic()) return null;
    return stay.endpointId;
  }

  remember(session: string, endpointId: string): void {
    // A map keeps the order of insertion: deleting first makes the least recently used the first.
    this.#stays.delete(session);
    this.#stays.set(session, { endpointId, untilMs: this.#clock.monotonic() + idleMs });
    for (const eldest of this.#stays.keys()) {
      if (this.#stays.size <= this.#max) return;
      this.#stays.delete(eldest);
    }
  }
}
