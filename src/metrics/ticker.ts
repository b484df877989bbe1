import type { Clock, Timer } from '#kernel';
import { type Followed, Follower, type Tell, type Woken } from './follower.ts';

export interface TickerOptions<Value> {
  readonly clock: Clock;
  readonly everyMs: number;
  /** The value as it is now. */
  readonly compute: () => Promise<Value>;
  /** Whether a follower would see no difference. */
  readonly same: (left: Value, right: Value) => boolean;
  /** Called when the last follower has gone. */
  readonly idle: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * A value that is computed on an interval, once for all who follow it, whatever their number. Each
 * gets the value of now at once, then the newest one whenever it has changed: a slow follower skips
 * what it missed and has no backlog. Nobody is told that nothing happened.
 */
export class Ticker<Value> implements Followed<Value> {
  readonly #options: TickerOptions<Value>;
  readonly #followers = new Set<Woken>();
  #timer: Timer | null = null;
  #latest: { readonly value: Value } | null = null;
  #computing: Promise<void> | null = null;

  constructor(options: TickerOptions<Value>) {
    this.#options = options;
  }

  get latest(): { readonly value: Value } | null {
    return this.#latest;
  }

  /** Until it is returned. */
  follow<Told>(tell: Tell<Value, Told>): Follower<Value, Told> {
    return new Follower(this, tell);
  }

  join(follower: Woken): void {
    this.#followers.add(follower);
    this.#timer ??= this.#options.clock.every(this.#options.everyMs, () => this.#tick());
  }

  leave(follower: Woken): void {
    this.#followers.delete(follower);
    if (this.#followers.size === 0) this.#stop();
  }

  first(): Promise<void> {
    return this.#latest ? Promise.resolve() : this.#compute();
  }

  #stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#latest = null;
    this.#options.idle();
  }

  /** A value that cannot be computed now leaves the last one standing. */
  #tick(): void {
    this.#compute().catch(this.#options.failed);
  }

  /** One computation at a time, shared by all who wait for it. */
  #compute(): Promise<void> {
    this.#computing ??= this.#renew().finally(() => {
      this.#computing = null;
    });
    return this.#computing;
  }

  async #renew(): Promise<void> {
    const value = await this.#options.compute();
    if (this.#followers.size === 0) return;
    if (this.#latest && this.#options.same(this.#latest.value, value)) return;
    this.#latest = { value };
    for (const follower of this.#followers) follower.wake();
  }
}

/** Tickers by what they compute, so that all who ask for the same share one. */
export class Tickers<Value> {
  readonly #known = new Map<string, Ticker<Value>>();

  of(key: string, options: Omit<TickerOptions<Value>, 'idle'>): Ticker<Value> {
    const ticker = this.#known.get(key) ?? new Ticker<Value>({ ...options, idle: () => drop() });
    const drop = () => this.#known.delete(key);
    this.#known.set(key, ticker);
    return ticker;
  }
}
