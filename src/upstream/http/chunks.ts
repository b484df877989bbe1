import { malformed } from './answer-head.ts';
import type { Reading } from './reading.ts';

type State = 'size' | 'extension' | 'size end' | 'data' | 'data end' | 'line end' | Trailers;
type Trailers = 'trailers' | 'trailer end' | 'whole';

/** Of extensions and trailers: nobody needs them. */
const asideBytesMax = 32 * 1024;
/** Some servers fill up with zeros. */
const sizeDigitsMax = 16;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const semicolon = 0x3b;

/** Takes the chunks off a body: RFC 9112, 7.1. Extensions and trailers are read over. */
export class Chunks {
  #state: State = 'size';
  #digits = 0;
  #left = 0;
  #aside = 0;
  #lineBytes = 0;

  get whole(): boolean {
    return this.#state === 'whole';
  }

  /** Reads on, to the end of the body or of what there is. */
  read(reading: Reading): void {
    while (!reading.over && this.#state !== 'whole') {
      if (this.#state === 'data') this.#data(reading);
      else this.#state = this.#after(reading.next());
    }
  }

  #data(reading: Reading): void {
    this.#left -= reading.keep(this.#left);
    if (this.#left === 0) this.#state = 'data end';
  }

  /** Where a byte of the framing leads. */
  #after(byte: number): State {
    switch (this.#state) {
      case 'size':
        return this.#size(byte);
      case 'extension':
        return byte === carriageReturn ? 'size end' : this.#skipped(byte);
      case 'size end':
        return lineFed(byte, this.#left > 0 ? 'data' : 'trailers');
      case 'data end':
        if (byte !== carriageReturn) malformed('the end of a chunk');
        return 'line end';
      case 'line end':
        this.#digits = 0;
        return lineFed(byte, 'size');
      case 'trailers':
        if (byte === carriageReturn) return 'trailer end';
        this.#lineBytes++;
        return this.#skipped(byte);
      default: {
        const blank = this.#lineBytes === 0;
        this.#lineBytes = 0;
        return lineFed(byte, blank ? 'whole' : 'trailers');
      }
    }
  }

  #size(byte: number): State {
    const digit = hexDigit(byte);
    if (digit < 0 && this.#digits > 0) {
      if (byte === carriageReturn) return 'size end';
      if (byte === semicolon) return 'extension';
    }
    this.#left = this.#left * 16 + digit;
    const told = ++this.#digits <= sizeDigitsMax && Number.isSafeInteger(this.#left);
    if (digit < 0 || !told) malformed('the size of a chunk');
    return 'size';
  }

  #skipped(byte: number): State {
    if (byte === lineFeed || ++this.#aside > asideBytesMax) malformed('the end of a line');
    return this.#state;
  }
}

function lineFed(byte: number, next: State): State {
  if (byte !== lineFeed) malformed('the end of a line');
  return next;
}

/** −1 when it is none. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
