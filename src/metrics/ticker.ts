import type { Clock, Timer } from '#kernel';

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
export class Ticker<Value> {
  readonly #options: TickerOptions<Value>;
  readonly #waiting = new Set<() => void>();
  #followers = 0;
  #timer: Timer | null = null;
  #latest: { readonly value: Value } | null = null;
  #computing: Promise<void> | null = null;

  constructor(options: TickerOptions<Value>) {
    this.#options = options;
  }

  /** Ends when the signal aborts. Fails when the first value cannot be had. */
  async *follow(signal: AbortSignal): AsyncGenerator<Value, void, undefined> {
    this.#followers++;
    this.#timer ??= this.#options.clock.every(this.#options.everyMs, () => this.#tick());
    const wake = () => this.#wake();
    signal.addEventListener('abort', wake);
    try {
      if (!this.#latest) await this.#compute();
      let seen: { readonly value: Value } | null = null;
      while (!signal.aborted) {
        if (this.#latest === seen) await this.#change();
        else if (this.#latest) {
          seen = this.#latest;
          yield seen.value;
        }
      }
    } finally {
      signal.removeEventListener('abort', wake);
      if (--this.#followers === 0) this.#stop();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
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
    if (this.#latest && this.#options.same(this.#latest.value, value)) return;
    this.#latest = { value };
    this.#wake();
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
