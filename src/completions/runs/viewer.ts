import type { Fault, Take } from '#kernel';
import { ConnectionLost } from '../completions.ts';
import type { CompletionEvent, EventFlow } from '../events/events.ts';
import { resumeExpired } from './ended.ts';
import type { Attachment, RunOfNode } from './run-of-node.ts';

type Batch = IteratorResult<readonly CompletionEvent[], undefined>;

const done: Batch = { done: true, value: undefined };

/**
 * Somebody who watches a run: a cursor into its events. Not a generator on purpose: `return` takes
 * effect at once, also while `next` waits, which a suspended generator cannot do.
 */
export class Viewer
  implements AsyncIterableIterator<readonly CompletionEvent[], undefined>, EventFlow
{
  readonly #run: RunOfNode;
  readonly #attachment: Attachment;
  readonly #signal: AbortSignal | undefined;
  #cursor: number;
  #begins = true;
  #gone = false;
  /** Called when there is more, or when it has left; while nobody waits, nothing is. */
  #wake: (() => void) | null = null;
  /** Called when what it has not read is kept no longer, also while it takes what it has read. */
  #expire: ((fault: Fault) => void) | null = null;
  readonly #stopListening: () => void;

  constructor(run: RunOfNode, after: number, signal?: AbortSignal) {
    this.#run = run;
    this.#cursor = after;
    this.#signal = signal;
    this.#attachment = run.attach();
    this.#stopListening = run.log.onMore(this.#onMore);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Batch> {
    return new Promise((resolve) => {
      const batch = this.#ready();
      if (batch) return resolve(batch);
      this.#wake = () => {
        const more = this.#ready();
        if (!more) return;
        this.#wake = null;
        resolve(more);
      };
    });
  }

  return(): Promise<Batch> {
    this.#leave('for good');
    return Promise.resolve(done);
  }

  each(take: Take<readonly CompletionEvent[]>): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (thrown: unknown) => {
        this.#wake = null;
        this.#leave('for good');
        reject(thrown);
      };
      this.#expire = fail;
      const go = () => {
        this.#wake = null;
        try {
          for (let batch = this.#ready(); batch; batch = this.#ready()) {
            if (batch.done) return resolve();
            const taking = take(batch.value);
            if (taking) return void taking.then(go, fail);
          }
        } catch (thrown) {
          return fail(thrown);
        }
        this.#wake = go;
      };
      go();
    });
  }

  /** What can be delivered without waiting; null when nothing can. */
  #ready(): Batch | null {
    if (this.#gone) return done;
    const { log } = this.#run;
    if (log.gone) {
      this.#leave('for good');
      throw resumeExpired();
    }
    if (this.#cursor < log.length) {
      const value = log.after(this.#cursor, this.#begins);
      this.#begins = false;
      this.#cursor = log.length;
      return { done: false, value };
    }
    if (!log.closed) return null;
    this.#leave('for good');
    return done;
  }

  readonly #onMore = () => {
    if (this.#run.log.gone) this.#expire?.(resumeExpired());
    else this.#wake?.();
  };

  readonly #onAbort = () => {
    const lost = this.#signal?.reason instanceof ConnectionLost;
    this.#leave(lost ? 'connection lost' : 'for good');
  };

  #leave(how: 'for good' | 'connection lost'): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#stopListening();
    this.#wake?.();
    this.#attachment.leave(how);
  }
}
