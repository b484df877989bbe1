import type { Clock } from '#kernel';
import type { Completion } from '../completion.ts';

type Next = IteratorResult<Completion, undefined>;

const done: Next = { done: true, value: undefined };

/** Above this many changes in a second only ends are told (contract, `completions`). */
const changesASecondMax = 20;
/** What waits for a viewer that does not read; beyond it the oldest are forgotten. */
const waitingMax = 1_000;

export interface StatusViewerOptions {
  readonly clock: Clock;
  /** The completion as this viewer may see it; null when it is none of its. */
  readonly shown: (completion: Completion) => Completion | null;
  readonly signal: AbortSignal;
  /** Called once, when the viewer has left. */
  readonly left: () => void;
}

/**
 * Somebody who watches the completions of an organization. What waits for a slow one is bounded.
 */
export class StatusViewer implements AsyncIterableIterator<Completion, undefined> {
  readonly #options: StatusViewerOptions;
  readonly #waiting: Completion[] = [];
  #resolve: ((next: Next) => void) | undefined;
  #second = 0;
  #changes = 0;
  #gone = false;

  constructor(options: StatusViewerOptions) {
    this.#options = options;
    options.signal.addEventListener('abort', this.#leave, { once: true });
    if (options.signal.aborted) this.#leave();
  }

  /** Something that runs already. */
  begin(completion: Completion): void {
    const shown = this.#options.shown(completion);
    if (shown) this.#give(shown);
  }

  /** Something whose status has changed. */
  take(completion: Completion): void {
    const shown = this.#options.shown(completion);
    if (!shown) return;
    const tooMany = this.#count() > changesASecondMax;
    if (!tooMany || completion.finishedAt !== null) this.#give(shown);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Next> {
    const value = this.#waiting.shift();
    if (value) return Promise.resolve({ done: false, value });
    if (this.#gone) return Promise.resolve(done);
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  return(): Promise<Next> {
    this.#leave();
    return Promise.resolve(done);
  }

  /** Changes in the second that runs. */
  #count(): number {
    const second = Math.floor(this.#options.clock.monotonic() / 1_000);
    this.#changes = second === this.#second ? this.#changes + 1 : 1;
    this.#second = second;
    return this.#changes;
  }

  #give(completion: Completion): void {
    if (this.#resolve) this.#deliver({ done: false, value: completion });
    else this.#waiting.push(completion);
    if (this.#waiting.length > waitingMax) this.#waiting.shift();
  }

  #deliver(next: Next): void {
    const resolve = this.#resolve;
    this.#resolve = undefined;
    resolve?.(next);
  }

  readonly #leave = () => {
    if (this.#gone) return;
    this.#gone = true;
    this.#options.signal.removeEventListener('abort', this.#leave);
    this.#waiting.length = 0;
    this.#deliver(done);
    this.#options.left();
  };
}
