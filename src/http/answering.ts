/** The answers that are being given, so that a shutdown can let them go out. */
export class Answering {
  #given = 0;
  readonly #lastCall = new AbortController();
  readonly #gone = Promise.withResolvers<void>();

  /** Aborts when no more is said than what is being said: feeds, which have no end, end then. */
  get lastCall(): AbortSignal {
    return this.#lastCall.signal;
  }

  add(answer: Promise<void>): void {
    this.#given++;
    void answer.finally(() => {
      this.#given--;
      this.#look();
    });
  }

  /** Resolves when all that are being given have gone out. */
  gone(): Promise<void> {
    this.#lastCall.abort();
    this.#look();
    return this.#gone.promise;
  }

  #look(): void {
    if (this.#given === 0 && this.#lastCall.signal.aborted) this.#gone.resolve();
  }
}
