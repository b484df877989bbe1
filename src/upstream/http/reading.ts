/** What one read of a socket brought, how far it is read, and what of it is of the body. */
export class Reading {
  readonly bytes: Buffer;
  readonly #length: number;
  #at = 0;
  /** Where what is of the body lies, in one piece. */
  bodyStart = 0;
  bodyEnd = 0;

  /** The first `length` bytes, which may be moved. */
  constructor(bytes: Buffer, length: number) {
    this.bytes = bytes;
    this.#length = length;
  }

  get over(): boolean {
    return this.#at === this.#length;
  }

  /** The next byte. */
  next(): number {
    return this.bytes[this.#at++] as number;
  }

  /** All that is left, in Latin-1. */
  text(): string {
    return this.bytes.toString('latin1', this.#at, this.#length);
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }

  /** Takes up to so many bytes for the body, close behind those before; returns how many. */
  keep(most: number): number {
    const from = this.#at;
    this.#at = Math.min(this.#length, from + most);
    if (this.bodyEnd === this.bodyStart) this.bodyStart = this.bodyEnd = from;
    else if (this.bodyEnd < from) this.bytes.copyWithin(this.bodyEnd, from, this.#at);
    this.bodyEnd += this.#at - from;
    return this.#at - from;
  }
}
