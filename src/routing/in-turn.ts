/** What a generator gives, made as far as somebody has asked for it, and kept. */
export class InTurn<T> {
  readonly #made: T[] = [];
  readonly #source: Iterator<T>;

  constructor(source: Iterator<T>) {
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

  get all(): readonly T[] {
    this.at(Infinity);
    return this.#made;
  }
}
