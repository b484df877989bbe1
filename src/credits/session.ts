import { type Clock, Fault, type Log, type Timer } from '#kernel';
import { type Held, isSessionGone, type Renewal, type Statements } from './statements.ts';

/**
 * A node admits until this long after its last confirmed renewal was sent; others reap it 5 s later
 * at the earliest.
 */
const admitMsMax = 45_000;
/** A clock that moved this much more than the other was set, or the machine slept. */
const jumpMs = 5_000;
const renewEveryMs = 1_000;

export interface SessionOptions {
  readonly statements: Statements;
  readonly clock: Clock;
  readonly log: Log;
  readonly node: string;
  readonly held: () => readonly Held[];
  readonly ackChange: () => bigint;
  /**
   * True when every other live node says that it has no database either: then nobody can reclaim
   * anything.
   */
  readonly peersBlind: () => boolean;
  readonly renewed: (renewal: Renewal) => Promise<void>;
  /** Called with the session that was lost, once the new one is open. */
  readonly replaced: (lost: number) => Promise<void>;
}

export interface Session {
  readonly number: number;
  readonly live: readonly number[];
  /** Database time: this node's clock, corrected by what the last renewal told. */
  now(): Date;
  /** May this node admit at this moment? `RENEW` when a clock jumped: ask the database first. */
  standing(): 'GOOD' | 'RENEW' | 'STALE';
  /** Renews now, or joins the renewal that is under way. Never throws; false when it failed. */
  renew(): Promise<boolean>;
  /** The database said that this session is gone: opens another one. */
  lost(session: number): Promise<void>;
  stop(): Promise<void>;
}

/** Opens a session; its first renewal, which tells who else is live, is the caller's to ask for. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { statements, clock, log } = options;
  let number = await statements.openSession(options.node);
  let live: readonly number[] = [number];
  let sent = { monotonicMs: clock.monotonic(), wallMs: clock.now() };
  let offsetMs = 0;
  let renewing: Promise<boolean> | null = null;
  let replacing: Promise<void> | null = null;
  let timer: Timer | null = null;

  const renewOnce = async (): Promise<boolean> => {
    const sending = { monotonicMs: clock.monotonic(), wallMs: clock.now() };
    try {
      const renewal = await statements.renew(number, options.ackChange(), options.held());
      sent = sending;
      live = renewal.live;
      offsetMs = renewal.databaseTime.getTime() - (sending.wallMs + clock.now()) / 2;
      await options.renewed(renewal);
      return true;
    } catch (thrown) {
      if (isSessionGone(thrown)) await session.lost(number).catch(() => undefined);
      log.warn('The session was not renewed.', { session: String(number), error: thrown });
      return false;
    }
  };

  const replace = async (lost: number) => {
    const sending = { monotonicMs: clock.monotonic(), wallMs: clock.now() };
    number = await statements.openSession(options.node);
    log.error('The session was lost: others took it for dead. A new one is open.', {
      session: String(lost),
    });
    await options.replaced(lost);
    sent = sending;
  };

  const session: Session = {
    get number() {
      return number;
    },
    get live() {
      return live;
    },
    now: () => new Date(clock.now() + offsetMs),
    standing() {
      const monotonicMs = clock.monotonic() - sent.monotonicMs;
      const wallMs = clock.now() - sent.wallMs;
      if (Math.abs(wallMs - monotonicMs) > jumpMs) return 'RENEW';
      if (Math.max(wallMs, monotonicMs) <= admitMsMax && !replacing) return 'GOOD';
      const alone = live.every((other) => other === number);
      return !replacing && (alone || options.peersBlind()) ? 'GOOD' : 'STALE';
    },
    renew() {
      renewing ??= renewOnce().finally(() => {
        renewing = null;
      });
      return renewing;
    },
    lost(gone) {
      if (gone !== number) return replacing ?? Promise.resolve();
      replacing ??= replace(gone).finally(() => {
        replacing = null;
      });
      return replacing;
    },
    async stop() {
      timer?.cancel();
      await renewing;
      await replacing;
    },
  };
  timer = clock.every(renewEveryMs, () => void session.renew());
  return session;
}

/**
 * Two nodes on one database find each other's revocations and recalls through Redis; without it the
 * second must not run.
 */
export function refuseSecondNode(live: readonly number[]): void {
  if (live.length <= 1) return;
  throw new Fault('CONFLICT', {
    public:
      'Another node runs on this database. Several nodes need REDIS_URL; a node that was killed frees its place ' +
      'within 60 seconds.',
  });
}
