import type { Clock } from '#kernel';
import type { Book } from './book.ts';
import type { Journal } from './journal.ts';
import type { Refills } from './refills.ts';
import type { Session } from './session.ts';
import type { Settlement } from './settlement.ts';
import type { LedgerDatabase, Statements } from './statements.ts';

/** The parts of the room, joined. */
export interface Machine {
  readonly kind: LedgerDatabase['kind'];
  readonly clock: Clock;
  readonly statements: Statements;
  readonly book: Book;
  readonly session: Session;
  readonly settlement: Settlement;
  readonly refills: Refills;
  readonly journal: Journal;
  /**
   * Runs a statement of this session; when the session turns out to be gone, once more in the next
   * one.
   */
  inSession<T>(run: (session: number) => Promise<T>): Promise<T>;
  flush(): Promise<void>;
  close(): Promise<void>;
}
