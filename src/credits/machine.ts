import { type Clock, type Log, oneAtATime } from '#kernel';
import { Moved } from './accounts/moved.ts';
import { EmbeddedJournal } from './journal/embedded-journal.ts';
import { freshName } from './journal/folder.ts';
import type { Batch, Journal } from './journal/journal.ts';
import type { JournalPlace } from './journal/journal-place.ts';
import { Settlement } from './journal/settlement.ts';
import { TableJournal } from './journal/table-journal.ts';
import { type Book, openBook } from './leases/book.ts';
import { posted } from './leases/lease.ts';
import { Refills } from './leases/refills.ts';
import { giveBackIdle, pruneClaims, pruneEveryMs, Reaper } from './leases/upkeep.ts';
import { isSessionGone, type LedgerDatabase } from './ledger/ledger-database.ts';
import type { Renewal } from './ledger/session-statements.ts';
import type { Statements } from './ledger/statements.ts';
import type { Machine, Parts } from './parts.ts';
import { closeParts } from './session/closing.ts';
import type { Heartbeat } from './session/peers.ts';
import { recover } from './session/recovery.ts';
import { coverAgain } from './session/replacement.ts';
import { openSession, type Session } from './session/session.ts';

/** What the room needs of the world, so that a test can be the world. */
export interface MachineOptions {
  readonly kind: LedgerDatabase['kind'];
  readonly statements: Statements;
  /** Of the settlement journal's file; null: the journal is the database's table alone. */
  readonly place: JournalPlace | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly recall: (account: string) => void;
  readonly say: (heartbeat: Heartbeat) => void;
  readonly appliedChange: () => bigint;
  readonly looked: (change: bigint) => void;
  readonly renewed: (renewal: Renewal) => void;
  /** More or less of these organizations' money is held or charged here than before. */
  readonly moved: (organizationIds: readonly string[]) => void;
}

/** Posts what earlier runs left, then opens the session and joins the parts. */
export async function openMachine(options: MachineOptions): Promise<Machine> {
  try {
    await recover(options);
    return await joinParts(options);
  } catch (thrown) {
    options.place?.release();
    throw thrown;
  }
}

/**
 * The parts know each other through functions, so that the order of their making does not matter.
 */
async function joinParts(options: MachineOptions): Promise<Machine> {
  const { kind, statements, place, clock, log } = options;
  const moved = new Moved(clock, options.moved);
  const book: Book = openBook({
    clock,
    session: () => session.number,
    now: () => session.now(),
    confirm: () => session.confirm(),
    ended: (ended) => settlement.add(ended),
    moved: (organizationId) => moved.note(organizationId),
    used: (leases, next) => refills.refill(leases, next),
  });
  const session: Session = await openSession({
    ...options,
    node: place?.node ?? freshName(),
    held: () => book.held(),
    renewed(renewal) {
      options.renewed(renewal);
      if (session.live.length > 1) moved.renewed();
      giveBackIdle(machine, renewal.recalls);
      reaper.reap();
      journal.probe();
    },
    replaced: () => coverAgain(machine, log),
  });
  const journal = openJournal(options, session, moved);
  const settlement = new Settlement({ journal, clock, log });
  const common = { book, session, settlement, statements, clock, moved };
  const postOthers =
    kind === 'server'
      ? oneAtATime(() => postForOthers(statements, session.number))
      : async () => undefined;
  const postAll = () => settlement.post().then(postOthers);
  const refills = new Refills({ ...common, log, postAll, recall: options.recall });
  const reaper = new Reaper({ session, statements, log });
  const parts: Parts = { ...common, kind, refills, journal };
  const pruning = clock.every(pruneEveryMs, () => void pruneClaims(statements, log));
  const close = () => {
    pruning.cancel();
    return closeParts(parts, log).finally(() => place?.release());
  };
  const inSession: Machine['inSession'] = (run) => inNextSession(session, run);
  const flush = () => inSession(() => settlement.flush()).then(postOthers);
  const machine: Machine = { ...parts, inSession, flush, close };
  return machine;
}

async function inNextSession<T>(
  session: Session,
  run: (session: number) => Promise<T>,
): Promise<T> {
  const number = session.number;
  try {
    return await run(number);
  } catch (thrown) {
    if (!isSessionGone(thrown)) throw thrown;
    await session.lost(number);
    return await run(session.number);
  }
}

/** More rows than a node leaves unposted when all is well. */
const rowsMax = 10_000;

/**
 * What other nodes acknowledged: any node may post it. A session that is gone is posted by whoever
 * ends it.
 */
async function postForOthers(statements: Statements, own: number): Promise<void> {
  for (const session of await statements.journalSessions()) {
    if (session === own) continue;
    await statements.postJournal({ session, rows: rowsMax, held: [] }).catch((thrown) => {
      if (!isSessionGone(thrown)) throw thrown;
    });
  }
}

function openJournal(options: MachineOptions, session: Session, moved: Moved): Journal {
  const { kind, place, log } = options;
  const file = place?.open() ?? null;
  const common = {
    ...options,
    session: () => session.number,
    sessionGone: (number: number) => void session.lost(number),
    posted(batch: Batch) {
      for (const { leases, charge } of batch.ended) {
        posted(leases, charge);
        for (const { organizationId } of leases.slice(0, 1)) moved.note(organizationId);
      }
      if (batch.segment) file?.posted(batch.segment);
    },
    setAside(count: number) {
      if (count > 0)
        log.error('Records cannot be posted and are set aside in quarantine.', { count });
    },
  };
  if (kind === 'embedded' && file) return new EmbeddedJournal({ ...common, file });
  return new TableJournal({ ...common, file, kept: place?.keep() ?? null });
}
