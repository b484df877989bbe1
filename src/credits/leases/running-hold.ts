import { type Bag, type Clock, invariant, type Money } from '#kernel';
import type { Ended } from '../journal/journal.ts';
import { journalRecord } from '../journal/journal-record.ts';
import type { Hold, SettlementRecord } from '../terms.ts';
import { type Lease, settle, take } from './lease.ts';

export interface HoldWatchers {
  readonly clock: Clock;
  /** Finds out whether the session still lives, when a clock says that it may not. */
  readonly confirm: () => Promise<void>;
  readonly ended: (ended: Ended) => Promise<void>;
  /** More or less of its money is held than before. */
  readonly moved: (organizationId: string) => void;
  /** These leases were used: look whether one wants more, to have `next` free again. */
  readonly used: (leases: readonly Lease[], next: Money) => void;
}

export interface RunningHoldOptions extends Pick<Hold, 'completion' | 'amount' | 'affordable'> {
  readonly organizationId: string;
  readonly leases: readonly Lease[];
  readonly session: number;
  readonly watchers: HoldWatchers;
  /** All that run in this node; it stands among them until it ends. */
  readonly running: Bag<RunningHold>;
}

/** A completion that runs, and what is set aside for it. */
export class RunningHold implements Hold {
  readonly completion: string;
  readonly affordable: Money;
  readonly organizationId: string;
  leases: readonly Lease[];
  /** Whose leases pay. */
  session: number;
  amount: Money;
  /**
   * Its session was lost and the next one did not get the money: it grows no more, and its record
   * is late.
   */
  uncovered = false;
  place = 0;
  readonly #watchers: HoldWatchers;
  readonly #running: Bag<RunningHold>;

  constructor(options: RunningHoldOptions) {
    this.completion = options.completion;
    this.affordable = options.affordable;
    this.organizationId = options.organizationId;
    this.leases = options.leases;
    this.session = options.session;
    this.amount = options.amount;
    this.#watchers = options.watchers;
    this.#running = options.running;
    this.#running.add(this);
  }

  extend(by: Money): boolean {
    if (this.uncovered || !this.#running.has(this)) return false;
    const { clock, moved, used } = this.#watchers;
    const taken = take(this.leases, by, clock);
    if (taken) this.amount += by;
    if (taken) moved(this.organizationId);
    used(this.leases, by);
    return taken;
  }

  /** A limit that was taken away holds it back no more; its charge still counts there. */
  leave(lease: Lease): void {
    if (!this.leases.includes(lease)) return;
    settle([lease], { amount: this.amount, charge: 0n }, this.#watchers.clock);
    this.leases = this.leases.filter((each) => each !== lease);
  }

  async covered(): Promise<boolean> {
    await this.#watchers.confirm();
    return !this.uncovered;
  }

  async end(record: SettlementRecord | null): Promise<void> {
    const { clock, moved, ended } = this.#watchers;
    invariant(this.#running.delete(this), 'a hold ends once');
    const charge = record?.charged ?? 0n;
    invariant(charge >= 0n && charge <= this.amount, 'a charge never exceeds its hold');
    settle(this.leases, { amount: this.amount, charge }, clock);
    moved(this.organizationId);
    if (record) await ended(endedOf(record, this));
  }
}

function endedOf(record: SettlementRecord, { leases, session }: RunningHold): Ended {
  const [credits, ...allowances] = leases;
  invariant(credits?.kind === 'ACCOUNT', "the organization's credits come first");
  const json = journalRecord(record, credits.target, allowances);
  return { session, leases, charge: record.charged, record: json };
}
