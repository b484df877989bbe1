/**
 * PostgreSQL's wire protocol, as far as several connections need it to share a database that has
 * one session (https://www.postgresql.org/docs/current/protocol-message-formats.html).
 *
 * What a client sends comes in units: everything up to a Sync, a simple Query, or the start-up
 * packet. A unit goes into the database whole, in one synchronous step. Passing on single messages
 * instead lets one connection replace the unnamed statement of another between its Parse and its
 * Bind, and a query is answered with another's result.
 */

/** What a client sent: a unit for the database, a question about encryption, or its farewell. */
export type Unit = { run: Uint8Array } | 'asks for encryption' | 'ends';

const protocol3 = 196_608;
const encryptionRequests = [80_877_103, 80_877_104];
const startHeader = 8;
const messageHeader = 5;
const endsUnit = new Set(['S', 'Q', 'F'].map((letter) => letter.charCodeAt(0)));
const terminate = 'X'.charCodeAt(0);

/** Cuts the bytes of one connection into units and keeps what is not whole yet. */
export class UnitReader {
  #bytes: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #wanted = startHeader;
  #started = false;
  /** How much of `#bytes` is whole messages of a unit whose end has not come. */
  #scanned = 0;

  /** The units that `chunk` completes, in the order in which they were sent. */
  read(chunk: Buffer): Unit[] {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    // Joined only when the message at hand can be whole, or a large one would be copied once per
    // chunk.
    if (this.#bytes.length + this.#waitingBytes < this.#wanted) return [];
    this.#bytes = Buffer.concat([this.#bytes, ...this.#waiting]);
    this.#waiting = [];
    this.#waitingBytes = 0;
    const units: Unit[] = [];
    for (let unit = this.#next(); unit; unit = this.#next()) {
      units.push(unit);
      if (unit === 'ends') break;
    }
    return units;
  }

  #next(): Unit | null {
    return this.#started ? this.#nextMessages() : this.#nextStart();
  }

  #nextStart(): Unit | null {
    this.#wanted = startHeader;
    if (this.#bytes.length < startHeader) return null;
    const length = this.#bytes.readInt32BE(0);
    const code = this.#bytes.readInt32BE(4);
    if (length < startHeader) return 'ends';
    this.#wanted = length;
    if (this.#bytes.length < length) return null;
    const packet = this.#take(length);
    if (encryptionRequests.includes(code)) return 'asks for encryption';
    // A request to cancel, which the database cannot, or a protocol that is not ours.
    if (code >> 16 !== protocol3 >> 16) return 'ends';
    this.#started = true;
    return { run: packet };
  }

  #nextMessages(): Unit | null {
    for (;;) {
      this.#wanted = this.#scanned + messageHeader;
      if (this.#bytes.length < this.#wanted) return null;
      const type = this.#bytes[this.#scanned] ?? 0;
      const length = this.#bytes.readInt32BE(this.#scanned + 1);
      if (type === terminate || length < 4) return 'ends';
      this.#wanted = this.#scanned + 1 + length;
      if (this.#bytes.length < this.#wanted) return null;
      this.#scanned = this.#wanted;
      if (endsUnit.has(type)) return { run: this.#take(this.#scanned) };
    }
  }

  /** A copy, since the database keeps no other hold on it and the rest may live for long. */
  #take(length: number): Uint8Array {
    const taken = Uint8Array.from(this.#bytes.subarray(0, length));
    this.#bytes = this.#bytes.subarray(length);
    this.#scanned = 0;
    return taken;
  }
}
