import { type Clock, Fault, type Log, sleep, type Timer } from '#kernel';
import { isSessionGone } from '../ledger/ledger-database.ts';
import type { Held } from '../ledger/posting-statements.ts';
import type { Renewal } from '../ledger/session-statements.ts';
import type { Statements } from '../ledger/statements.ts';
import type { Heartbeat } from './peers.ts';
import { confidence, type Moment, momentOf } from './standing.ts';
import { Watch } from './watch.ts';

const renewEveryMs = 1_000;
/** Whoever wants to be admitted waits this long for a renewal that makes sure. */
const assureMsMax = 700;
const assureEveryMs = 50;

export interface SessionOptions {
  readonly statements: Statements;
  readonly clock: Clock;
  readonly log: Log;
  readonly node: string;
  readonly held: () => readonly Held[];
  /** Changes are applied here up to this number. */
  readonly appliedChange: () => bigint;
  readonly say: (heartbeat: Heartbeat) => void;
  /** The number of the last change was read. */
  readonly looked: (change: bigint) => void;
  readonly renewed: (renewal: Renewal) => void;
  /** Called with the session that was lost, once the new one is open. */
  readonly replaced: (lost: number) => Promise<void>;
}

/** Opens a session; its first renewal, which tells who else is live, is the caller's to ask for. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const opening = momentOf(options.clock);
  return new Session(await options.statements.openSession(options.node), opening, options);
}

/**
 * This node among the others: one row that is renewed every second, and the fence of everything
 * that the node has leased.
 */
export class Session {
  readonly watch: Watch;
  readonly #options: SessionOptions;
  readonly #timer: Timer;
  #number: number;
  #sent: Moment;
  #live: readonly number[];
  #offsetMs = 0;
  #renewing: Promise<boolean> | null = null;
  #replacing: Promise<void> | null = null;
  /** The database said so, and no new one is open yet. */
  #gone = false;
  /** The last renewal failed. */
  #unconfirmed = false;
  #retired = false;

  constructor(number: number, opening: Moment, options: SessionOptions) {
    this.#options = options;
    this.#number = number;
    this.#live = [number];
    this.#sent = opening;
    this.watch = new Watch({
      ...options,
      applied: options.appliedChange,
      session: () => this.#number,
      live: () => this.#live,
      databaseMs: () => this.now().getTime(),
    });
    this.#timer = options.clock.every(renewEveryMs, () => void this.renew());
  }

  get number(): number {
    return this.#number;
  }

  get live(): readonly number[] {
    return this.#live;
  }

  /** Database time: this node's clock, corrected by what the last renewal told. */
  now(): Date {
    return new Date(this.#options.clock.now() + this.#offsetMs);
  }

  /**
   * May this node admit at this moment? `ASK` when it may after a renewal: a clock jumped, a new
   * session is being opened, or the last look at the changes is too old.
   */
  standing(): 'GOOD' | 'ASK' | 'STALE' {
    if (this.#retired) return 'STALE';
    if (this.#gone || this.#replacing) return 'ASK';
    const sure = confidence(this.#sent, momentOf(this.#options.clock));
    if (sure === 'JUMPED') return 'ASK';
    if (sure === 'EXPIRED' && !this.watch.blind()) return 'STALE';
    return this.watch.fresh() ? 'GOOD' : 'ASK';
  }

  /**
   * True when this node may admit, after asking the database where that makes it sure, and where
   * the database is silent, after a moment in which the others may say that it is for them, too.
   */
  async assure(): Promise<boolean> {
    const { clock } = this.#options;
    const untilMs = clock.monotonic() + assureMsMax;
    if (this.standing() === 'ASK') await this.#ask();
    while (this.standing() === 'ASK' && clock.monotonic() < untilMs) {
      await sleep(clock, assureEveryMs);
    }
    return this.standing() === 'GOOD';
  }

  /**
   * Asks the database when a clock says that others may have taken this node for dead: it was
   * stopped, its machine slept, or a clock was set. What is left of a hold then, the hold says.
   */
  async confirm(): Promise<void> {
    const sure = confidence(this.#sent, momentOf(this.#options.clock)) === 'SURE';
    if (!sure || this.#gone || this.#replacing) await this.#ask();
  }

  /** Renews now, or joins the renewal that is under way. Never throws; false when it failed. */
  renew(): Promise<boolean> {
    this.#renewing ??= this.#renewOnce().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  /**
   * The database said that this session is gone: opens another one. Never throws. Waits for every
   * lane of the room, so nobody in a lane may wait for it.
   */
  lost(session: number): Promise<void> {
    if (session !== this.#number) return this.#replacing ?? Promise.resolve();
    this.#gone = true;
    this.#replacing ??= this.#replace(session).finally(() => {
      this.#replacing = null;
    });
    return this.#replacing;
  }

  /** Admits nothing any more; what runs may end. */
  retire(): void {
    this.#retired = true;
  }

  async stop(): Promise<void> {
    this.#timer.cancel();
    this.watch.stop();
    await this.#renewing;
    await this.#replacing;
  }

  /** Waits for an answer, and for the next session when this one is gone, but not for long. */
  async #ask(): Promise<void> {
    const asked = (this.#replacing ?? this.renew()).then(() => this.#replacing);
    await Promise.race([asked, sleep(this.#options.clock, assureMsMax)]);
  }

  async #renewOnce(): Promise<boolean> {
    const { statements, clock, log, held, appliedChange, renewed } = this.#options;
    const session = this.#number;
    const sending = momentOf(clock);
    try {
      const sign = { session, ackChange: appliedChange(), held: held() };
      const renewal = await statements.renew(sign);
      if (session !== this.#number) return false;
      this.#sent = sending;
      this.#live = renewal.live;
      this.#offsetMs = renewal.databaseTime.getTime() - (sending.wallMs + clock.now()) / 2;
      this.watch.read(renewal.changeNumber, sending.monotonicMs);
      if (this.#unconfirmed) log.info('The session is renewed again.', { session: `${session}` });
      this.#unconfirmed = false;
      renewed(renewal);
      return true;
    } catch (thrown) {
      if (isSessionGone(thrown)) void this.lost(session);
      if (!this.#unconfirmed)
        log.warn('The session was not renewed.', { session: `${session}`, error: thrown });
      this.#unconfirmed = true;
      return false;
    }
  }

  async #replace(lost: number): Promise<void> {
    const { statements, clock, log, node, replaced } = this.#options;
    try {
      const sending = momentOf(clock);
      this.#number = await statements.openSession(node);
      this.#gone = false;
      this.#live = [...this.#live.filter((session) => session !== lost), this.#number];
      log.error('The session was lost: others took it for dead. A new one is open.', {
        session: String(lost),
      });
      this.#sent = sending;
      await replaced(lost);
    } catch (error) {
      log.warn('A new session was not opened; it is tried again.', { error });
    }
  }
}

/**
 * Two nodes on one database find each other's revocations and recalls through Redis; without it the
 * second must not run.
 */
export function refuseSecondNode(live: readonly number[]): void {
  if (live.length <= 1) return;
  throw new Fault('CONFLICT', {
    public:
      'Another node runs on this database. Several nodes need REDIS_URL; a node that was killed ' +
      'frees its place within 60 seconds.',
  });
}
