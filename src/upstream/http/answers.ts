import { type AnswerHead, type Framing, headOf, type Kept, malformed } from './answer-head.ts';
import { Chunks } from './chunks.ts';
import type { Reading } from './reading.ts';

/** Told in the order of the wire. */
export interface AnswerTaker {
  /** An informational answer (1xx): the real one follows. */
  informed(): void;
  head(head: AnswerHead): void;
  /** What one read brought of the body; the bytes are the next read's afterwards. */
  body(bytes: Buffer, start: number, end: number): void;
  /** The answer is whole; null when no other can follow it on the connection. */
  end(kept: Kept | null): void;
}

/** A provider's headers are small; what is larger is not one. */
const headBytesMax = 32 * 1024;
const begins = 'HTTP/1.';
const blankLine = '\r\n\r\n';
const bareLineFeed = /[^\r]\n/;
const switching = 101;

/**
 * Reads the answers of one connection, one after the other, and tells within `read` what a read
 * has brought: of a body one piece, its framing taken off in place.
 */
export class Answers {
  readonly #taker: AnswerTaker;
  /** As far as the head has come. */
  #text = '';
  /** Null until the head is read, and between two answers. */
  #framing: Framing | null = null;
  #kept: Kept | null = null;
  #chunks = new Chunks();

  constructor(taker: AnswerTaker) {
    this.#taker = taker;
  }

  /** @throws UpstreamFault MALFORMED, when what stands before the fault was told. */
  read(reading: Reading): void {
    try {
      while (this.#framing === null && !reading.over) this.#head(reading);
      if (this.#framing !== null) this.#body(reading);
    } finally {
      const { bytes, bodyStart, bodyEnd } = reading;
      if (bodyEnd > bodyStart) this.#taker.body(bytes, bodyStart, bodyEnd);
    }
    // What stands behind the end of an answer nobody has asked for.
    if (this.#whole) this.#end(reading.over ? this.#kept : null);
  }

  /** The connection has ended. True when that was the end of an answer. */
  close(): boolean {
    if (this.#framing !== 'connection') return false;
    this.#end(null);
    return true;
  }

  #head(reading: Reading): void {
    const before = this.#text.length;
    const more = reading.text();
    this.#text += more;
    const end = this.#text.indexOf(blankLine, Math.max(0, before - blankLine.length));
    if (!this.#text.startsWith(begins.slice(0, this.#text.length))) malformed(begins);
    if ((end < 0 ? this.#text.length : end) > headBytesMax) malformed('a shorter head');
    // It would be waited for in vain.
    if (end < 0 && bareLineFeed.test(this.#text)) malformed('the end of a line');
    reading.skip(end < 0 ? more.length : end + blankLine.length - before);
    if (end < 0) return;
    const { head, framing, kept } = headOf(this.#text.slice(0, end));
    this.#text = '';
    if (head.status === switching) malformed('no other protocol');
    if (head.status < 200) this.#taker.informed();
    else {
      this.#framing = framing;
      this.#kept = kept;
      this.#taker.head(head);
    }
  }

  #body(reading: Reading): void {
    if (this.#framing === 'chunks') this.#chunks.read(reading);
    else if (typeof this.#framing === 'number') this.#framing -= reading.keep(this.#framing);
    else reading.keep(Infinity);
  }

  get #whole(): boolean {
    return this.#framing === 'chunks' ? this.#chunks.whole : this.#framing === 0;
  }

  #end(kept: Kept | null): void {
    this.#framing = null;
    this.#chunks = new Chunks();
    this.#taker.end(kept);
  }
}
