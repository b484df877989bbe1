import { StringDecoder } from 'node:string_decoder';

/** From here on a byte is a part of a longer character: RFC 3629. */
const notAscii = 0x80;

/** Text in UTF-8 that comes in pieces, each of which may end inside a character. */
export class Characters {
  /** Holds the beginning of a character, at most; null as long as no piece could end in one. */
  #decoder: StringDecoder | null = null;

  /** The characters that are whole now. */
  read(bytes: Buffer, start: number, end: number): string {
    if (start === end) return '';
    const whole = (bytes[end - 1] ?? 0) < notAscii;
    if (whole && !this.#decoder) return bytes.toString('utf8', start, end);
    this.#decoder ??= new StringDecoder('utf8');
    const text = this.#decoder.write(bytes.subarray(start, end));
    if (whole) this.#decoder = null;
    return text;
  }

  /** What is left: nothing, or the sign for a character that is broken. */
  end(): string {
    return this.#decoder?.end() ?? '';
  }
}
