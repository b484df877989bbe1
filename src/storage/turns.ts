import { type Clock, type Deadline, deadline } from '#kernel';

/**
 * A database with one session: runs one unit and gives the bytes of the answer; throws when it has
 * died.
 */
export interface SingleSession {
  run(unit: Uint8Array): Uint8Array;
  /** True between BEGIN and the end of the transaction, also of a failed one. */
  inTransaction(): boolean;
  rollback(): void;
}

/** One connection of those that share the session. */
export interface Seat {
  answer(bytes: Uint8Array): void;
  /** Its transaction stood still for too long and was rolled back. */
  expel(): void;
}

/**
 * Who may use the session: units run in the order of their arrival, except that a connection in a
 * transaction keeps the session until the transaction has ended, and everybody else waits. One that
 * goes silent in a transaction is rolled back and expelled after `idleMs`, as a PostgreSQL server
 * would do with `idle_in_transaction_session_timeout`.
 */
export class Turns {
  readonly #session: SingleSession;
  readonly #clock: Clock;
  readonly #idleMs: number;
  #queue: { seat: Seat; unit: Uint8Array }[] = [];
  #holder: Seat | null = null;
  #patience: Deadline | null = null;

  constructor(session: SingleSession, options: { clock: Clock; idleMs: number }) {
    this.#session = session;
    this.#clock = options.clock;
    this.#idleMs = options.idleMs;
  }

  enter(seat: Seat, unit: Uint8Array): void {
    this.#queue.push({ seat, unit });
    this.#work();
  }

  /**
   * The connection has gone: what it still wanted is dropped, its open transaction is rolled back.
   */
  leave(seat: Seat): void {
    this.#queue = this.#queue.filter((waiting) => waiting.seat !== seat);
    if (this.#holder !== seat) return;
    this.#release();
    this.#session.rollback();
    this.#work();
  }

  #work(): void {
    for (let next = this.#next(); next; next = this.#next()) {
      const { seat, unit } = next;
      const answer = this.#session.run(unit);
      if (this.#session.inTransaction()) this.#hold(seat);
      else this.#release();
      seat.answer(answer);
    }
  }

  #next() {
    const holder = this.#holder;
    const index = holder ? this.#queue.findIndex((waiting) => waiting.seat === holder) : 0;
    return index < 0 ? undefined : this.#queue.splice(index, 1)[0];
  }

  #hold(seat: Seat): void {
    this.#holder = seat;
    this.#patience ??= deadline(this.#clock, this.#idleMs, () => {
      this.leave(seat);
      seat.expel();
    });
    this.#patience.move();
  }

  #release(): void {
    this.#holder = null;
    this.#patience?.meet();
    this.#patience = null;
  }
}
