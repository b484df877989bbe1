/** What a follower needs of the ticker that it follows. */
export interface Followed<Value> {
  /** Another object with each new value; null before the first. */
  readonly latest: { readonly value: Value } | null;
  /** Resolves when there is one. */
  first(): Promise<void>;
  join(follower: Woken): void;
  leave(follower: Woken): void;
}

export interface Woken {
  /** There is a new value. */
  wake(): void;
}

export interface Following<Value, Told> {
  /** Ends it. */
  readonly signal: AbortSignal;
  /** What is said of a value after the one that was told before. Does not throw. */
  readonly tell: (value: Value, before: Value | null) => Told;
}

const done = { done: true, value: undefined } as const;

/**
 * One of the many who follow a ticker. No generator, and one promise for an update: ten thousand of
 * them are woken in one turn. `return` answers at once, also the `next` that waits.
 */
export class Follower<Value, Told> implements AsyncIterableIterator<Told, undefined>, Woken {
  readonly #ticker: Followed<Value>;
  readonly #following: Following<Value, Told>;
  #state: 'NEW' | 'FOLLOWING' | 'GONE' = 'NEW';
  #seen: { readonly value: Value } | null = null;
  #waiting: ((result: IteratorResult<Told, undefined>) => void) | null = null;

  constructor(ticker: Followed<Value>, following: Following<Value, Told>) {
    this.#ticker = ticker;
    this.#following = following;
  }

  /** Fails when the first value cannot be had. */
  next(): Promise<IteratorResult<Told, undefined>> {
    if (this.#state === 'NEW') this.#enter();
    if (this.#state === 'GONE') return Promise.resolve(done);
    const { latest } = this.#ticker;
    if (!latest) return this.#first();
    if (latest !== this.#seen) return Promise.resolve(this.#take(latest));
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  return(): Promise<IteratorResult<Told, undefined>> {
    this.handleEvent();
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  wake(): void {
    const { latest } = this.#ticker;
    if (this.#waiting && latest) this.#answer(this.#take(latest));
  }

  /** The signal has ended it. */
  handleEvent(): void {
    if (this.#state === 'FOLLOWING') {
      this.#following.signal.removeEventListener('abort', this);
      this.#ticker.leave(this);
    }
    this.#state = 'GONE';
    this.#answer(done);
  }

  #enter(): void {
    const { signal } = this.#following;
    this.#state = signal.aborted ? 'GONE' : 'FOLLOWING';
    if (signal.aborted) return;
    signal.addEventListener('abort', this);
    this.#ticker.join(this);
  }

  async #first(): Promise<IteratorResult<Told, undefined>> {
    try {
      await this.#ticker.first();
    } catch (thrown) {
      this.handleEvent();
      throw thrown;
    }
    return this.next();
  }

  #take(latest: { readonly value: Value }): IteratorResult<Told, undefined> {
    const value = this.#following.tell(latest.value, this.#seen?.value ?? null);
    this.#seen = latest;
    return { done: false, value };
  }

  #answer(result: IteratorResult<Told, undefined>): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(result);
  }
}
