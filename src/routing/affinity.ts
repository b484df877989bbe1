import { LRUCache } from 'lru-cache';
import type { Clock } from '#kernel';

const sessionsMax = 50_000;

interface Kept {
  readonly endpointId: string;
  readonly untilMs: number;
}

/** Where a session is, and for how long its provider keeps the cache of its prompt. */
export interface Stay {
  readonly endpointId: string;
  readonly leftMs: number;
}

/**
 * Where each session's last answer came from, so that its next request finds the provider's prompt
 * cache warm. Forgets a session when its provider forgets the cache, and the least recently used
 * one when there are too many.
 */
export class Affinity {
  readonly #clock: Clock;
  readonly #stays: LRUCache<string, Kept>;

  constructor(clock: Clock, max = sessionsMax) {
    this.#clock = clock;
    this.#stays = new LRUCache({ max });
  }

  lastOf(session: string): Stay | null {
    const kept = this.#stays.get(session);
    const leftMs = kept ? kept.untilMs - this.#clock.monotonic() : 0;
    return kept && leftMs > 0 ? { endpointId: kept.endpointId, leftMs } : null;
  }

  /** It answered; `lifeMs` is how long the cache is kept from now on. */
  remember(session: string, endpointId: string, lifeMs: number): void {
    this.#stays.set(session, { endpointId, untilMs: this.#clock.monotonic() + lifeMs });
  }
}
