import type { Clock } from '#kernel';
import type { Moved } from './accounts/moved.ts';
import type { Journal } from './journal/journal.ts';
import type { Settlement } from './journal/settlement.ts';
import type { Book } from './leases/book.ts';
import type { Refills } from './leases/refills.ts';
import type { LedgerDatabase } from './ledger/ledger-database.ts';
import type { Statements } from './ledger/statements.ts';
import type { Session } from './session/session.ts';

/** The parts of the room. */
export interface Parts {
  readonly kind: LedgerDatabase['kind'];
  readonly clock: Clock;
  readonly statements: Statements;
  readonly book: Book;
  readonly session: Session;
  readonly settlement: Settlement;
  readonly refills: Refills;
  readonly journal: Journal;
  readonly moved: Moved;
}

/** The parts, joined. */
export interface Machine extends Parts {
  /**
   * Runs a statement of this session; when the session turns out to be gone, once more in the next
   * one. Not to be called in a lane.
   */
  inSession<T>(run: (session: number) => Promise<T>): Promise<T>;
  /** Everything that any node acknowledged is in the ledger when it resolves. */
  flush(): Promise<void>;
  close(): Promise<void>;
}
