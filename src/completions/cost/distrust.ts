import { LRUCache } from 'lru-cache';
import { type Clock, hourMs, type Log } from '#kernel';

interface Tokens {
  readonly prompt: number;
  readonly completion: number;
}

const endpointsMax = 10_000;

/**
 * Endpoints that reported what cannot be (docs/LEDGER.md, §21): for an hour what they say of their
 * answers is not believed, and what is counted here is charged. Each node keeps its own.
 */
export class Distrust {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #until = new LRUCache<string, number>({ max: endpointsMax });

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  has(endpointId: string): boolean {
    return (this.#until.get(endpointId) ?? 0) > this.#clock.monotonic();
  }

  /** It said so much, where so much was counted here. */
  add(endpoint: string, said: Tokens, counted: Tokens): void {
    this.#until.set(endpoint, this.#clock.monotonic() + hourMs);
    const reason = `${told(said)} reported, ${told(counted)} counted`;
    this.#log.warn('a provider reported tokens that cannot be', { endpoint, reason });
  }
}

const told = ({ prompt, completion }: Tokens) => `${prompt} + ${completion}`;
