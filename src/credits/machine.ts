import { join } from 'node:path';
import { type Clock, type Log, sleep } from '#kernel';
import { type Book, openBook } from './book.ts';
import { openEmbeddedJournal } from './embedded-journal.ts';
import { type Folder, freshName, takeFolder } from './folder.ts';
import type { Batch, Journal } from './journal.ts';
import { type JournalFile, openJournalFile } from './journal-file.ts';
import { posted } from './lease.ts';
import type { Machine } from './parts.ts';
import { recover } from './recovery.ts';
import { openRefills, type Refills } from './refills.ts';
import { creditsOutOfReach } from './refusals.ts';
import { coverAgain } from './replacement.ts';
import { openSession, type Session } from './session.ts';
import { openSettlement, type Settlement } from './settlement.ts';
import {
  isSessionGone,
  type LedgerDatabase,
  ledgerStatements,
  type Renewal,
  type Statements,
} from './statements.ts';
import { openTableJournal } from './table-journal.ts';
import { giveBackIdle, reapOthers } from './upkeep.ts';

export interface MachineOptions {
  readonly storage: LedgerDatabase;
  readonly clock: Clock;
  readonly log: Log;
  readonly dataDir: string | null;
  readonly recall: (account: string) => void;
  readonly peersBlind: () => boolean;
  readonly appliedChange: () => bigint;
}

export async function openMachine(
  options: MachineOptions,
  renewed: (renewal: Renewal) => void,
): Promise<Machine> {
  const statements = ledgerStatements(options.storage);
  const folder = options.dataDir ? await takeFolder(join(options.dataDir, 'settlement')) : null;
  try {
    await recover({ kind: options.storage.kind, statements, log: options.log, folder });
    return await joinParts({ ...options, statements, folder }, renewed);
  } catch (thrown) {
    folder?.release();
    throw thrown;
  }
}

interface Ground extends MachineOptions {
  readonly statements: Statements;
  readonly folder: Folder | null;
}

/**
 * The parts know each other through functions, so that the order of their making does not matter.
 */
async function joinParts(options: Ground, renewed: (renewal: Renewal) => void): Promise<Machine> {
  const { storage, clock, log, statements, folder } = options;
  const file = folder && openJournalFile(folder.path, clock, log);

  const book: Book = openBook({
    clock,
    session: () => session.number,
    now: () => session.now(),
    ended: (ended) => settlement.add(ended),
    used: (leases) => refills.refill(leases),
  });
  const session: Session = await openSession({
    ...options,
    node: folder?.node ?? freshName(),
    statements,
    held: () => book.held(),
    ackChange: options.appliedChange,
    async renewed(renewal) {
      renewed(renewal);
      giveBackIdle(machine, renewal.recalls);
      await reapOthers(machine, log);
    },
    replaced: () => coverAgain(machine, log),
  });
  const journal = openJournal({ ...options, statements, file, session });
  const settlement: Settlement = openSettlement({ journal, clock, log });
  const common = { book, session, settlement, statements, clock };
  const refills: Refills = openRefills({ ...common, log, recall: options.recall });
  const parts = { ...common, kind: storage.kind, refills, journal };
  const close = () => closeParts(parts, log).finally(() => folder?.release());
  const machine: Machine = { ...parts, ...doing(parts), close };
  return machine;
}

type Parts = Omit<Machine, 'inSession' | 'flush' | 'close'>;

function doing(parts: Parts): Pick<Machine, 'inSession' | 'flush'> {
  const { kind, session, settlement, statements } = parts;
  return {
    async inSession(run) {
      const number = session.number;
      try {
        return await run(number);
      } catch (thrown) {
        if (!isSessionGone(thrown)) throw thrown;
        await session.lost(number);
        return await run(session.number);
      }
    },
    async flush() {
      await settlement.flush();
      if (kind === 'server') await postForOthers(statements, session.number);
    },
  };
}

/** Longer than the database's own time-outs. */
const drainMsMax = 8_000;

function notDrained(): never {
  throw creditsOutOfReach('the database took no records before the end');
}

/** What cannot be posted now stays in the journal for the next start, or for another node. */
async function closeParts(parts: Parts, log: Log): Promise<void> {
  const { clock, session, settlement, statements, journal } = parts;
  try {
    await Promise.race([settlement.close(), sleep(clock, drainMsMax).then(notDrained)]);
    await session.stop();
    await statements.closeSession(session.number);
  } catch (error) {
    log.error('The session was not closed; what it leased is free within 60 s.', { error });
  } finally {
    await session.stop();
    await journal.close();
  }
}

/** More rows than a node leaves unposted when all is well. */
const rowsMax = 10_000;

/**
 * What other nodes acknowledged: any node may post it. A session that is gone is posted by whoever
 * ends it.
 */
async function postForOthers(statements: Statements, own: number): Promise<void> {
  for (const other of await statements.journalSessions()) {
    if (other === own) continue;
    await statements.postJournal(other, rowsMax, []).catch((thrown) => {
      if (!isSessionGone(thrown)) throw thrown;
    });
  }
}

function openJournal(
  options: MachineOptions & {
    statements: Statements;
    file: JournalFile | null;
    session: Session;
  },
): Journal {
  const { file, log, session } = options;
  const common = {
    ...options,
    session: () => session.number,
    posted(batch: Batch) {
      for (const { leases, charge } of batch.ended) posted(leases, charge);
      if (batch.segment) file?.posted(batch.segment);
    },
    setAside(count: number) {
      if (count > 0)
        log.error('Records cannot be posted and are set aside in quarantine.', { count });
    },
  };
  if (options.storage.kind === 'embedded' && file) return openEmbeddedJournal({ ...common, file });
  return openTableJournal({ ...common, sessionGone: (number) => session.lost(number) });
}
