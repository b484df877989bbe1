import type { Clock, Timer } from '#kernel';
import type { Statements } from '../ledger/statements.ts';
import { Freshness } from './freshness.ts';
import { type Heartbeat, Peers } from './peers.ts';

/**
 * Twice within the time after which a node is not fresh any more. A look that is not answered when
 * the next one is due says that there is no database.
 */
const lookEveryMs = 300;
const acknowledgeMsMax = 1_000;

export interface WatchOptions {
  readonly statements: Pick<Statements, 'changeNumber'>;
  readonly clock: Clock;
  /** Changes are applied here up to this number. */
  readonly applied: () => bigint;
  readonly session: () => number;
  /** All live sessions, as the last renewal knew them. */
  readonly live: () => readonly number[];
  /** Database time in ms. */
  readonly databaseMs: () => number;
  /** The counter was read: whoever applies changes may have to read on. */
  readonly looked: (change: bigint) => void;
  readonly say: (heartbeat: Heartbeat) => void;
}

/**
 * Among several nodes: looks at the change counter often, tells the others what it saw, and knows
 * what they told. Alone it does nothing.
 */
export class Watch {
  readonly #options: WatchOptions;
  readonly #peers: Peers;
  readonly #freshness: Freshness;
  readonly #timer: Timer;
  readonly #waiting = new Set<() => void>();
  #looking = false;
  #database = true;
  #readAt = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#peers = new Peers(options.clock);
    this.#freshness = new Freshness(options.clock, options.applied);
    this.#timer = options.clock.every(lookEveryMs, () => void this.#look());
  }

  /** Another node told of itself. */
  heard(heartbeat: Heartbeat): void {
    const { session, clock, databaseMs } = this.#options;
    if (heartbeat.session === session()) return;
    this.#peers.note(heartbeat);
    const ageMs = Math.max(0, databaseMs() - heartbeat.at);
    if (heartbeat.database) this.#freshness.note(heartbeat.change, clock.monotonic() - ageMs);
    for (const look of this.#waiting) look();
  }

  /** This node itself read the counter with a statement that it sent at `sentMs`. */
  read(change: bigint, sentMs: number): void {
    const { clock, databaseMs, looked } = this.#options;
    this.#database = true;
    this.#readAt = databaseMs() - (clock.monotonic() - sentMs);
    this.#freshness.note(change, sentMs);
    looked(change);
    this.#say();
  }

  /** Knows of every change that had committed 700 ms ago, or nobody can commit one. */
  fresh(): boolean {
    return this.#freshness.fresh() || this.blind();
  }

  /** Nobody else has a database either, or there is nobody else. */
  blind(): boolean {
    return this.#peers.blind(this.#others());
  }

  /** True once every other live session has applied this change; false after a second. */
  acknowledged(change: bigint): Promise<boolean> {
    if (this.#appliedBy(change)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (all: boolean) => {
        this.#waiting.delete(look);
        tooLong.cancel();
        resolve(all);
      };
      const look = () => {
        if (this.#appliedBy(change)) end(true);
      };
      const tooLong = this.#options.clock.after(acknowledgeMsMax, () => end(false));
      this.#waiting.add(look);
    });
  }

  stop(): void {
    this.#timer.cancel();
  }

  #appliedBy(change: bigint): boolean {
    const lately = this.#peers.lately();
    return this.#others().every((session) =>
      lately.some((heard) => heard.session === session && heard.change >= change),
    );
  }

  #others(): readonly number[] {
    const own = this.#options.session();
    return this.#options.live().filter((session) => session !== own);
  }

  async #look(): Promise<void> {
    const { clock, statements } = this.#options;
    const alone = this.#others().length === 0 && this.#peers.lately().length === 0;
    if (alone) return;
    if (this.#looking) return this.#lost();
    this.#looking = true;
    const sentMs = clock.monotonic();
    try {
      this.read(await statements.changeNumber(), sentMs);
    } catch {
      this.#lost(); // said on the bus; the renewal logs it
    } finally {
      this.#looking = false;
    }
  }

  #lost(): void {
    this.#database = false;
    this.#say();
  }

  #say(): void {
    const { session, applied, say } = this.#options;
    const said = { session: session(), change: applied(), at: this.#readAt };
    say({ ...said, database: this.#database });
  }
}
