/** What a generator gives, made as far as somebody has asked for it, and kept. */
export class InTurn<T> {
  readonly #made: T[] = [];
  readonly #source: Generator<T, void>;

  constructor(source: Generator<T, void>) {
    this.#source = source;
  }

  /** The one at this position, from 0; undefined when there are not so many. */
  at(position: number): T | undefined {
    while (this.#made.length <= position) {
      const next = this.#source.next();
      if (next.done) return undefined;
      this.#made.push(next.value);
    }
    return this.#made[position];
  }

  /**
   * Nobody asks for what is not made yet. V8 counts how much a function runs where it returns: a
   * generator that is always left at its first value would be interpreted for ever.
   */
  leave(): void {
    this.#source.return();
  }

  get all(): readonly T[] {
    this.at(Infinity);
    return this.#made;
  }
}
