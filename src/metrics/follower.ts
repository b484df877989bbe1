import type { Flow, Take } from '#kernel';

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

/** What is said of a value after the one that was told before. Does not throw. */
export type Tell<Value, Told> = (value: Value, before: Value | null) => Told;

type Step<Told> = IteratorResult<Told, undefined>;

const done = { done: true, value: undefined } as const;

/**
 * One of the many who follow a ticker. An update costs no promise: ten thousand of them are woken
 * in one turn, each of which has it when the next is woken. `return` answers at once, and ends an
 * `each` or a `next` that waits.
 */
export class Follower<Value, Told>
  implements Flow<Told>, AsyncIterableIterator<Told, undefined>, Woken
{
  readonly #ticker: Followed<Value>;
  readonly #tell: Tell<Value, Told>;
  #state: 'NEW' | 'FOLLOWING' | 'GONE' = 'NEW';
  #seen: { readonly value: Value } | null = null;
  /** Who waits for a value, or for the end. */
  #waiting: (() => void) | null = null;

  constructor(ticker: Followed<Value>, tell: Tell<Value, Told>) {
    this.#ticker = ticker;
    this.#tell = tell;
  }

  /** Fails when the first value cannot be had. */
  each(take: Take<Told>): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (thrown: unknown) => {
        reject(thrown);
        this.#leave();
      };
      const go = () => {
        try {
          for (let step = this.#ready(); step; step = this.#ready()) {
            if (step.done) return resolve();
            const taking = take(step.value);
            if (taking) return void taking.then(go, fail);
          }
        } catch (thrown) {
          return fail(thrown);
        }
        this.#waiting = go;
      };
      this.#enter(fail);
      go();
    });
  }

  /** Fails as `each` does. */
  next(): Promise<Step<Told>> {
    return new Promise((resolve, reject) => {
      const go = () => {
        const step = this.#ready();
        if (step) resolve(step);
        else this.#waiting = go;
      };
      this.#enter(reject);
      go();
    });
  }

  return(): Promise<Step<Told>> {
    this.#leave();
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.();
  }

  #enter(fail: (thrown: unknown) => void): void {
    if (this.#state !== 'NEW') return;
    this.#state = 'FOLLOWING';
    this.#ticker.join(this);
    if (this.#ticker.latest) return;
    this.#ticker.first().catch((thrown) => {
      fail(thrown);
      this.#leave();
    });
  }

  #leave(): void {
    if (this.#state === 'FOLLOWING') this.#ticker.leave(this);
    this.#state = 'GONE';
    this.wake();
  }

  /** What can be told without waiting; null when nothing can. */
  #ready(): Step<Told> | null {
    if (this.#state === 'GONE') return done;
    const { latest } = this.#ticker;
    if (!latest || latest === this.#seen) return null;
    const value = this.#tell(latest.value, this.#seen?.value ?? null);
    this.#seen = latest;
    return { done: false, value };
  }
}
