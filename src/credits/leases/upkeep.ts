import type { Log } from '#kernel';
import type { LeaseTarget } from '../ledger/lease-statements.ts';
import type { Statements } from '../ledger/statements.ts';
import type { Machine } from '../parts.ts';
import type { Session } from '../session/session.ts';
import type { AllowanceTarget } from '../terms.ts';

/** What nobody has used here for this long goes back. */
const idleMs = 30_000;

/** After each renewal: returns what is idle, and what others miss. */
export function giveBackIdle(
  { book, refills, clock }: Machine,
  recalls: readonly LeaseTarget[],
): void {
  const sinceMs = clock.monotonic() - idleMs;
  for (const recall of recalls) {
    const lease = book.find(recall);
    if (lease && lease.free > 0n) void refills.giveBack(lease);
  }
  for (const lease of book.leases) {
    const idle = lease.lastUsedMs <= sinceMs && lease.held === 0n && lease.unposted === 0n;
    if (idle) void refills.giveBack(lease);
  }
}

/**
 * Another node misses money of this account: what is free here of it, and of its limits, goes back.
 */
export function giveBackFree({ book, refills }: Machine, account: string): void {
  const owner = book.find({ kind: 'ACCOUNT', target: account })?.organizationId;
  for (const lease of book.leases) {
    if (lease.organizationId === owner && lease.free > 0n) void refills.giveBack(lease);
  }
}

/** A limit as it stands now; null: there is none any more. */
export type Limited = Pick<AllowanceTarget, 'kind' | 'id' | 'number' | 'limit'>;

/** Running completions grow by it, too, and do not ask: it is not waited for the next admission. */
export function takeLimit({ book, refills }: Machine, { kind, id, number, limit }: Limited): void {
  for (const lease of book.leases) {
    const { source } = lease;
    const its = source.kind === kind && source.id === id && source.number === number;
    if (!its || lease.limit === limit) continue;
    if (limit !== null) void refills.takeLimit(lease, limit);
    else {
      for (const hold of book.running) hold.leave(lease);
      void refills.giveBack(lease);
    }
  }
}

/** How often a node looks for claims that have expired. */
export const pruneEveryMs = 600_000;
const prunedAtOnce = 1_000;

/** Deletes the idempotency claims that have expired. Never throws; the next call looks again. */
export async function pruneClaims(statements: Statements, log: Log): Promise<void> {
  try {
    let pruned = await statements.pruneClaims(prunedAtOnce);
    while (pruned === prunedAtOnce) pruned = await statements.pruneClaims(prunedAtOnce);
  } catch (error) {
    log.warn('Expired idempotency keys were not pruned; it is tried again.', { error });
  }
}

export interface ReaperOptions {
  readonly session: Session;
  readonly statements: Statements;
  readonly log: Log;
}

/** Any node ends the sessions that have stopped renewing, one at a time. Alone there is none. */
export class Reaper {
  readonly #options: ReaperOptions;
  #reaping = false;

  constructor(options: ReaperOptions) {
    this.#options = options;
  }

  /** Never throws and waits for nobody; the next call looks again. */
  reap(): void {
    const { session, log } = this.#options;
    if (this.#reaping || session.live.length <= 1) return;
    this.#reaping = true;
    this.#reapAll()
      .catch((error) => log.warn('Dead sessions were not ended; it is tried again.', { error }))
      .finally(() => {
        this.#reaping = false;
      });
  }

  async #reapAll(): Promise<void> {
    const { statements, log } = this.#options;
    for (let dead = await statements.reapSession(); dead !== null; ) {
      log.warn('A dead session was ended; its charges are posted and its leases are free.', {
        session: String(dead),
      });
      dead = await statements.reapSession();
    }
  }
}
