/** The answers that are being given, so that a shutdown can let them go out. */
export class Answering {
  readonly #given = new Set<Promise<void>>();
  readonly #lastCall = new AbortController();

  /** Aborts when no more is said than what is being said: feeds, which have no end, end then. */
  get lastCall(): AbortSignal {
    return this.#lastCall.signal;
  }

  add(answer: Promise<void>): void {
    const given = answer.finally(() => this.#given.delete(given));
    this.#given.add(given);
  }

  /** Resolves when those that are being given now have gone out. */
  gone(): Promise<unknown> {
    this.#lastCall.abort();
    return Promise.all(this.#given);
  }
}
