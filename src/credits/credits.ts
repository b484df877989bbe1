import { join } from 'node:path';
import { type Clock, Fault, invariant, type Log, type Money } from '#kernel';
import type { Transaction } from '#storage';
import { type Book, openBook } from './book.ts';
import { openEmbeddedJournal } from './embedded-journal.ts';
import { isIdle } from './idle.ts';
import type { Batch, Journal } from './journal.ts';
import { openJournalFile } from './journal-file.ts';
import { accountId, posted } from './lease.ts';
import { readAccount, readKeySpend } from './reading.ts';
import { recover } from './recovery.ts';
import { creditsOutOfReach } from './refusals.ts';
import { limitChanged, openRefills, type Refills } from './refills.ts';
import { coverAgain } from './replacement.ts';
import { openSession, refuseSecondNode, type Session } from './session.ts';
import { openSettlement, type Settlement } from './settlement.ts';
import {
  type ClaimAnswer,
  type ClaimInput,
  type GrantInput,
  type LedgerDatabase,
  ledgerStatements,
  type Renewal,
  type Statements,
} from './statements.ts';
import { openTableJournal } from './table-journal.ts';
import type { Hold, HoldRequest } from './terms.ts';

export interface CreditsOptions {
  readonly storage: LedgerDatabase;
  readonly clock: Clock;
  readonly log: Log;
  /** Holds the settlement journal; its lock is taken. Null: the journal is the database's table alone. */
  readonly dataDir: string | null;
  /** The same over restarts on one `dataDir`, and no other node's: its former session is known to be dead. */
  readonly node: string;
  /** Whether nodes reach each other (Redis). Without it a second node on one database is refused. */
  readonly shared: boolean;
  /** Tells the other nodes that money of this account is missed. */
  readonly recall: (account: string) => void;
  /** True when every other live node says that it has no database either. */
  readonly peersBlind: () => boolean;
  /** The change number up to which this node has applied changes. */
  readonly appliedChange: () => bigint;
}

export interface Account {
  readonly balance: Money;
  /** Set aside for running completions, on all nodes. */
  readonly held: Money;
  /** What a new completion may use. */
  readonly available: Money;
}

/** What a renewal tells: app.ts lets the changes be read on from it. */
export interface Renewed {
  readonly changeNumber: bigint;
  /** Database time less this node's wall time, in milliseconds. */
  readonly databaseTimeOffsetMs: number;
  readonly liveSessions: readonly number[];
}

export interface Credits {
  /** This node's session: part of the ids of its completions. Changes when others took the node for dead. */
  readonly session: number;
  /**
   * Sets aside the worst case of a completion in all that it touches, or in nothing. Without I/O when the node has
   * leased enough.
   *
   * @throws InsufficientCredits when it does not fit; Fault UNAVAILABLE when that cannot be known now.
   */
  admit(request: HoldRequest): Promise<Hold>;
  /** Takes an idempotency key for a completion: one statement. @throws Fault UNAVAILABLE without a database */
  claim(claim: ClaimInput): Promise<ClaimAnswer>;
  /** Gives a key up whose completion was refused before a provider was tried. */
  unclaim(claim: { principal: string; key: string; gen: number }): Promise<void>;
  /** Posts everything that was acknowledged, on any node: what is read afterwards is exact. */
  flush(): Promise<void>;
  account(organizationId: string): Promise<Account>;
  /** What a key has spent and set aside in its current period, and when the next one begins. */
  keySpend(key: KeyPeriod): Promise<KeySpend>;
  /** Once for a key of an organization; a repeat answers the first entry. Usable at once. */
  grantCredits(grant: GrantInput & { organizationId: string }): Promise<{ entryId: string }>;
  /** Another node misses money of this account: what is free here goes back. */
  recalled(account: string): void;
  onRenewed(listener: (renewed: Renewed) => void): () => void;
  /** Posts what is left, gives back the leases, ends the session. */
  close(): Promise<void>;
}

export interface KeyPeriod {
  readonly id: string;
  readonly limitPeriod: 'NONE' | 'DAILY' | 'WEEKLY' | 'MONTHLY';
}

export interface KeySpend {
  readonly spent: Money;
  readonly held: Money;
  readonly periodEndsAt: Date | null;
}

/** An organization's account, in the transaction that makes the organization. */
export async function openAccount(tx: Transaction, organizationId: string): Promise<void> {
  const id = accountId(organizationId);
  await tx.creditAccount.create({ data: { id, kind: 'ORGANIZATION', organizationId } });
}

/** Posts what earlier runs left, opens the session, and keeps it. @throws Fault CONFLICT for a second node alone */
export async function openCredits(options: CreditsOptions): Promise<Credits> {
  const { storage, clock, log } = options;
  const statements = ledgerStatements(storage);
  const folder = options.dataDir === null ? null : join(options.dataDir, 'settlement');
  await recover({ ...options, statements, folder });
  const parts = assemble(options, statements, folder);
  try {
    if (!options.shared) refuseSecondNode((await parts.opened).live);
  } catch (thrown) {
    await parts.close();
    throw thrown;
  }
  const session = await parts.opened;
  log.info('The session is open.', { session: String(session.number), count: session.live.length });
  invariant(clock.now() > 0, 'a clock tells time');
  return parts.credits(session);
}
