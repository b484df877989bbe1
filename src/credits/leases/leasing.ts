import type { Log } from '#kernel';
import type { Settlement } from '../journal/settlement.ts';
import type { GrantAnswer } from '../ledger/lease-statements.ts';
import { isSessionGone } from '../ledger/ledger-database.ts';
import type { Statements } from '../ledger/statements.ts';
import type { Session } from '../session/session.ts';
import type { Book } from './book.ts';
import { granted, type Lease } from './lease.ts';
import { noteGrants, targetsOf, type Wish } from './wishes.ts';

export interface LeasingOptions {
  readonly book: Book;
  readonly session: Session;
  readonly settlement: Pick<Settlement, 'post' | 'undisturbed'>;
  readonly statements: Statements;
  /** Everything that was acknowledged on any node is in the ledger when it resolves. */
  readonly postAll: () => Promise<void>;
  readonly log: Log;
}

/**
 * The statements that move money between the ledger and this node's leases. Each is called in the
 * organization's lane: a grant and a return of one lease must not pass each other.
 */
export class Leasing {
  readonly #options: LeasingOptions;

  constructor(options: LeasingOptions) {
    this.#options = options;
  }

  async ask(wishes: readonly Wish[]): Promise<readonly GrantAnswer[]> {
    const { session, statements } = this.#options;
    const number = session.number;
    if (wishes.some(({ lease }) => mayBegin(lease))) await this.#options.postAll();
    try {
      const answers = await statements.grant(number, targetsOf(wishes));
      noteGrants(wishes, answers);
      return answers;
    } catch (thrown) {
      this.#failed(thrown, number, wishes);
      throw thrown;
    }
  }

  /** What is free goes back; what is held or charged and not yet posted never does. */
  async giveBackFree(lease: Lease): Promise<void> {
    const { book, session, statements, log } = this.#options;
    // Its session ended, and with it the lease.
    if (book.find(lease) !== lease) return;
    const { kind, target, free: amount } = lease;
    lease.free = 0n;
    lease.amount -= amount;
    const number = session.number;
    try {
      if (amount > 0n) await statements.giveBack(number, { kind, target, amount });
      if (lease.amount === 0n) book.drop(lease);
    } catch (thrown) {
      this.#failed(thrown, number, [{ lease }]);
      log.warn('A lease was not given back; it is looked at again.', { error: thrown });
    }
  }

  /** Asks what the database has leased to us, after a change whose answer was lost. */
  async clear(lease: Lease): Promise<void> {
    const { settlement, statements, session } = this.#options;
    await settlement.post();
    await settlement.undisturbed(async () => {
      const missing = (await statements.leased(session.number, lease)) - lease.amount;
      if (missing > 0n) granted(lease, missing);
      lease.doubtful = false;
    });
  }

  /** Who is in a lane must not wait for another session: its opening waits for the lanes. */
  #failed(thrown: unknown, number: number, touched: readonly Pick<Wish, 'lease'>[]): void {
    if (isSessionGone(thrown)) void this.#options.session.lost(number);
    else for (const { lease } of touched) lease.doubtful = true;
  }
}

/**
 * A limit that was set anew counts what was charged before, as far as it is in the ledger when the
 * database first hears of it.
 */
const mayBegin = ({ source, asked }: Lease): boolean => source.number > 0 && !asked;
