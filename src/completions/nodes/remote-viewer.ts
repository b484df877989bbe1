import { randomUUID } from 'node:crypto';
import type { Clock, Timer } from '#kernel';
import { ConnectionLost } from '../completions.ts';
import { type CompletionEvent, isLast } from '../events.ts';
import type { Asking } from './asking.ts';
import type { Post } from './post.ts';
import type { WireEvent } from './wire.ts';

type Batch = IteratorResult<readonly CompletionEvent[], undefined>;

const done: Batch = { done: true, value: undefined };
const stayMs = 1_000;

export interface RemoteViewerOptions {
  readonly id: string;
  readonly after: number;
  readonly signal?: AbortSignal | undefined;
  readonly clock: Clock;
  readonly post: Post;
  readonly asking: Asking;
  /** Whether the node that runs it may still be there. */
  readonly mayAnswer: () => boolean;
  readonly read: (event: WireEvent) => CompletionEvent;
  /** The last event when that node is gone: what became of it after the number `after`. */
  readonly orphaned: (after: number) => Promise<CompletionEvent>;
}

/**
 * Somebody here who watches a run of another node. It asks for what comes after the last number
 * that it has; what is asked twice is answered twice, so that a lost letter loses no event, and
 * what is not asked for is not sent.
 */
export class RemoteViewer implements AsyncIterableIterator<readonly CompletionEvent[], undefined> {
  readonly #options: RemoteViewerOptions;
  readonly #viewer = randomUUID();
  readonly #left = new AbortController();
  readonly #staying: Timer;
  #cursor: number;

  constructor(options: RemoteViewerOptions) {
    const { id, after, signal, clock, post } = options;
    this.#options = options;
    this.#cursor = after;
    const stay = () => post.send({ kind: 'stay', id, viewer: this.#viewer });
    this.#staying = clock.every(stayMs, stay);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<Batch> {
    if (this.#left.signal.aborted) return done;
    const { id, asking, mayAnswer, read, orphaned } = this.#options;
    const question = { kind: 'follow', id, after: this.#cursor, viewer: this.#viewer } as const;
    const how = { goOn: mayAnswer, signal: this.#left.signal };
    const answer = await asking.ask(question, how);
    if (this.#left.signal.aborted) return done;
    const events =
      answer?.kind === 'events' ? answer.events.map(read) : [await orphaned(this.#cursor)];
    const last = events.at(-1);
    if (!last || isLast(last)) this.#end();
    if (!last) return done;
    this.#cursor = last.sequence;
    return { done: false, value: events };
  }

  return(): Promise<Batch> {
    this.#leave('for good');
    return Promise.resolve(done);
  }

  readonly #onAbort = () => {
    const lost = this.#options.signal?.reason instanceof ConnectionLost;
    this.#leave(lost ? 'connection lost' : 'for good');
  };

  #leave(how: 'for good' | 'connection lost'): void {
    if (this.#left.signal.aborted) return;
    const { post, id } = this.#options;
    post.send({ kind: 'leave', id, viewer: this.#viewer, how });
    this.#end();
  }

  #end(): void {
    this.#left.abort();
    this.#staying.cancel();
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
  }
}
