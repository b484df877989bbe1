import type { Clock } from '#kernel';
import { Breaker } from './breaker.ts';
import { type AttemptResult, outcomeOf, pauseOf, refusalBy } from './health.ts';
import type { OwnKey, Tried } from './own-keys.ts';
import type { Refusal } from './rejection.ts';

/**
 * The breakers of own keys, one for each key at each endpoint: what a provider refuses to one
 * credential says nothing of another, and nothing of the endpoint. Each node keeps its own, as long
 * as something is held against the key.
 */
export class OwnHealth {
  readonly #clock: Clock;
  readonly #breakers = new Map<string, Breaker>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Why this key must be left alone here now; null when it may be used. */
  refusal(tried: Tried, ownKey: OwnKey): Refusal | null {
    const breaker = this.#breakers.get(nameOf(tried, ownKey));
    return breaker ? refusalBy(breaker) : null;
  }

  /** Takes it for an attempt, which is then to be reported; or says why it must be left alone. */
  take(tried: Tried, ownKey: OwnKey): Refusal | null {
    const refusal = this.refusal(tried, ownKey);
    if (!refusal) this.#breakers.get(nameOf(tried, ownKey))?.admit();
    return refusal;
  }

  report(tried: Tried, ownKey: OwnKey, result: AttemptResult): void {
    const name = nameOf(tried, ownKey);
    const breaker = this.#breakers.get(name) ?? new Breaker(this.#clock);
    breaker.record(outcomeOf(result));
    const pauseMs = pauseOf(result);
    if (pauseMs > 0) breaker.pause(pauseMs);
    const held = breaker.state !== 'CLOSED' || breaker.troubled || breaker.pausedMs > 0;
    if (held) this.#breakers.set(name, breaker);
    else this.#breakers.delete(name);
  }
}

const nameOf = ({ endpoint }: Tried, { id }: OwnKey) => `${endpoint.id} ${id}`;
