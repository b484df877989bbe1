import type { Clock } from '#kernel';
import type { Answer, Asked, Letter, Post } from './post.ts';

export interface AskOptions {
  /** Whether to go on asking after so many tries without an answer. */
  readonly goOn: (tries: number) => boolean;
  readonly signal?: AbortSignal;
}

/** A question is asked again this often: letters may be lost. */
const againMs = 1_000;

/** Questions to other nodes, each repeated until it is answered or given up. */
export class Asking {
  readonly #clock: Clock;
  readonly #post: Post;
  readonly #open = new Map<number, (answer: Answer) => void>();
  #asked = 0;

  constructor(clock: Clock, post: Post) {
    this.#clock = clock;
    this.#post = post;
  }

  /** The first answer; null when it was given up or the signal aborted. */
  ask(question: Asked, { goOn, signal }: AskOptions): Promise<Answer | null> {
    const ask = ++this.#asked;
    return new Promise((resolve) => {
      let tries = 1;
      const send = () => this.#post.send({ ...question, ask });
      const end = (answer: Answer | null) => {
        timer.cancel();
        this.#open.delete(ask);
        signal?.removeEventListener('abort', giveUp);
        resolve(answer);
      };
      const giveUp = () => end(null);
      const timer = this.#clock.every(againMs, () => {
        if (!goOn(tries++)) giveUp();
        else send();
      });
      this.#open.set(ask, end);
      signal?.addEventListener('abort', giveUp, { once: true });
      if (signal?.aborted) giveUp();
      else send();
    });
  }

  /** Takes in an answer; one that nobody waits for any more does nothing. */
  answered(letter: Extract<Letter, { readonly kind: Answer['kind'] }>): void {
    this.#open.get(letter.ask)?.(letter);
  }
}
