import { ConnectionLost } from './completions.ts';
import type { CompletionEvent } from './events.ts';
import type { Running } from './running.ts';

type Batch = IteratorResult<readonly CompletionEvent[], undefined>;

const done: Batch = { done: true, value: undefined };

/**
 * Somebody who watches a run: a cursor into its events. Not a generator on purpose: `return` takes
 * effect at once, also while `next` waits, which a suspended generator cannot do.
 */
export class Viewer implements AsyncIterableIterator<readonly CompletionEvent[], undefined> {
  readonly #running: Running;
  readonly #attachment: ReturnType<Running['attach']>;
  readonly #signal: AbortSignal | undefined;
  #cursor: number;
  #gone = false;
  #stopWaiting: (() => void) | undefined;
  #resolve: ((batch: Batch) => void) | undefined;

  constructor(running: Running, after: number, signal?: AbortSignal) {
    this.#running = running;
    this.#cursor = after;
    this.#signal = signal;
    this.#attachment = running.attach();
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Batch> {
    const batch = this.#ready();
    if (batch) return Promise.resolve(batch);
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#wait();
    });
  }

  return(): Promise<Batch> {
    this.#leave('for good');
    return Promise.resolve(done);
  }

  /** What can be delivered without waiting; null when nothing can. */
  #ready(): Batch | null {
    if (this.#gone) return done;
    const { log } = this.#running;
    if (this.#cursor < log.length) {
      const value = log.after(this.#cursor);
      this.#cursor = log.length;
      return { done: false, value };
    }
    if (!log.closed) return null;
    this.#leave('for good');
    return done;
  }

  #wait(): void {
    this.#stopWaiting = this.#running.log.onMore(() => {
      const batch = this.#ready();
      if (batch) this.#deliver(batch);
      else this.#wait();
    });
  }

  #deliver(batch: Batch): void {
    this.#resolve?.(batch);
    this.#resolve = undefined;
  }

  readonly #onAbort = () => {
    const lost = this.#signal?.reason instanceof ConnectionLost;
    this.#leave(lost ? 'connection lost' : 'for good');
  };

  #leave(how: 'for good' | 'connection lost'): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#stopWaiting?.();
    this.#deliver(done);
    this.#attachment.leave(how);
  }
}
