import type { Clock } from '#kernel';

/** What a node says of itself on the bus, each time that it has looked at the database. */
export interface Heartbeat {
  readonly session: number;
  /** Changes are applied there up to this number. */
  readonly change: bigint;
  /** Database time in ms at which that node last read the number of the last change. */
  readonly at: number;
  /** False while the database does not answer it. */
  readonly database: boolean;
}

/** What was said longer ago than this is not known any more. */
const hearsayMsMax = 3_000;

/** What the other nodes last said of themselves. */
export class Peers {
  readonly #clock: Clock;
  readonly #heard = new Map<number, { heartbeat: Heartbeat; atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(heartbeat: Heartbeat): void {
    this.#heard.set(heartbeat.session, { heartbeat, atMs: this.#clock.monotonic() });
  }

  /** Other sessions that were heard lately, whether or not the database knows them here. */
  lately(): readonly Heartbeat[] {
    const sinceMs = this.#clock.monotonic() - hearsayMsMax;
    for (const [session, { atMs }] of this.#heard) {
      if (atMs < sinceMs) this.#heard.delete(session);
    }
    return [...this.#heard.values()].map(({ heartbeat }) => heartbeat);
  }

  /**
   * True when each of these sessions, and everyone who was heard lately, says that it has no
   * database: then nobody can take back what this node has leased. True when there is nobody.
   */
  blind(others: readonly number[]): boolean {
    const lately = this.lately();
    if (lately.some(({ database }) => database)) return false;
    return others.every((session) => lately.some((heard) => heard.session === session));
  }
}
