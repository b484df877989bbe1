import { randomUUID } from 'node:crypto';
import { type Clock, sleep, type Take, type Timer } from '#kernel';
import { keepMs } from '../completion.ts';
import { ConnectionLost } from '../completions.ts';
import { type CompletionEvent, type EventFlow, isLast } from '../events/events.ts';
import { resumeExpired } from '../runs/ended.ts';
import type { Asking } from './asking.ts';
import type { Answer, Post } from './post.ts';
import type { WireEvent } from './wire.ts';

type Batch = IteratorResult<readonly CompletionEvent[], undefined>;

const done: Batch = { done: true, value: undefined };
const stayMs = 1_000;
/** While its node is silent. */
const againMs = 1_000;
const failuresMax = 30;
/** No event has this number: who asks for what comes after it learns whether there are any. */
const beyondAll = Number.MAX_SAFE_INTEGER;

export interface RemoteViewerOptions {
  readonly id: string;
  readonly after: number;
  readonly signal?: AbortSignal | undefined;
  readonly clock: Clock;
  readonly post: Post;
  readonly asking: Asking;
  /** Whether the node that runs it may still be there. */
  readonly mayAnswer: () => boolean;
  /** Whether it is not heard at present. */
  readonly silent: () => boolean;
  readonly read: (event: WireEvent) => CompletionEvent;
  /** What its copy has after a number: none when that was the last, null when more may come. */
  readonly copied: (after: number) => Promise<readonly CompletionEvent[] | null>;
  /** The last event when that node is gone: what became of it after the number `after`. */
  readonly orphaned: (after: number) => Promise<CompletionEvent>;
}

/**
 * Somebody here who watches a run of another node. It asks for what comes after the last number
 * that it has; what is asked twice is answered twice, so that a lost letter loses no event, and
 * what is not asked for is not sent.
 */
export class RemoteViewer
  implements AsyncIterableIterator<readonly CompletionEvent[], undefined>, EventFlow
{
  readonly #options: RemoteViewerOptions;
  readonly #viewer = randomUUID();
  readonly #left = new AbortController();
  readonly #staying: Timer;
  #cursor: number;
  #failures = 0;

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
    while (!this.#left.signal.aborted) {
      const events = await this.#more();
      if (this.#left.signal.aborted) break;
      if (!events) continue;
      const last = events.at(-1);
      if (!last || isLast(last)) this.#end();
      if (!last) break;
      this.#cursor = last.sequence;
      return { done: false, value: events };
    }
    return done;
  }

  async each(take: Take<readonly CompletionEvent[]>): Promise<void> {
    for (let batch = await this.next(); !batch.done; batch = await this.next()) {
      const taking = take(batch.value);
      if (taking) await this.#whileKept(taking);
    }
  }

  /** What is not taken is held here for as long as its node keeps it. */
  async #whileKept(taking: Promise<void>): Promise<void> {
    const taken = new AbortController();
    try {
      await Promise.race([taking, this.#forgotten(taken.signal)]);
    } catch (thrown) {
      this.#leave('for good');
      throw thrown;
    } finally {
      taken.abort();
    }
  }

  /** Throws when its node keeps it no longer; of one that says nothing that is so after a time. */
  async #forgotten(taken: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const untilMs = clock.monotonic() + keepMs;
    for (;;) {
      await sleep(clock, againMs, taken).catch(() => undefined);
      if (taken.aborted) return;
      const answer = await this.#ask(beyondAll, taken);
      if (answer?.kind === 'completion') throw resumeExpired();
      if (!answer && clock.monotonic() > untilMs) throw resumeExpired();
    }
  }

  /** What comes next: from its node, or while that is silent from its copy; null: ask again. */
  async #more(): Promise<readonly CompletionEvent[] | null> {
    const { mayAnswer, read, copied, orphaned, clock } = this.#options;
    const answer = await this.#ask(this.#cursor, this.#left.signal);
    if (answer?.kind === 'events') return answer.events.map(read);
    const left = await copied(this.#cursor);
    if (left) return left;
    if (answer || !mayAnswer()) {
      const end = await orphaned(this.#cursor).catch((thrown) => this.#failed(thrown));
      if (end) return [end];
    }
    await sleep(clock, againMs, this.#left.signal).catch(() => undefined);
    return null;
  }

  /** What became of it could not be read: it is tried again, but not for ever. */
  #failed(thrown: unknown): null {
    if (++this.#failures > failuresMax) throw thrown;
    return null;
  }

  /** Waits for events until its node is gone or silent. */
  async #ask(after: number, signal: AbortSignal): Promise<Answer | null> {
    const { id, asking, mayAnswer, silent } = this.#options;
    const goOn = () => mayAnswer() && !silent();
    if (!goOn()) return null;
    return asking.ask({ kind: 'follow', id, after, viewer: this.#viewer }, { goOn, signal });
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
