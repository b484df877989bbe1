import { type Clock, derivedId, greatest, invariant, least, type Money } from '#kernel';
import { nextPeriodStart, periodStart } from '../charge/periods.ts';
import type { GrantTarget, LeaseTarget } from '../ledger/lease-statements.ts';
import type { AllowanceTarget } from '../terms.ts';

/**
 * What this node has leased of one account or allowance:
 *
 *   amount = free + held + unposted,  free ≥ 0
 *
 * `held` is set aside by running completions, `unposted` is charged and not yet in the ledger.
 */
export interface Lease extends LeaseTarget {
  readonly organizationId: string;
  readonly source: AllowanceTarget;
  readonly periodStart: Date | null;
  readonly resetsAt: Date | null;
  /**
   * The limit that it was granted under; a request that brings a lower one has it given back first.
   */
  limit: Money | null;
  amount: Money;
  free: Money;
  held: Money;
  unposted: Money;
  /** What could be granted on top when the database was last asked. */
  beyond: Money;
  /**
   * `free` below this asks for more in the background: half of what there was after the last grant.
   */
  refillBelow: Money;
  refillNotBeforeMs: number;
  lastUsedMs: number;
  readonly spending: { windowStartMs: number; current: Money; previous: Money };
  /** The database has answered for it. */
  asked: boolean;
  /** The database's answer to a change was lost: what it has leased to us is to be asked for. */
  doubtful: boolean;
}

const spendingWindowMs = 10_000;

/** The id of an organization's credit account. */
export const accountId = (organizationId: string): string =>
  derivedId('creditAccount', organizationId);

/**
 * A lease of nothing. An allowance's belongs to the period of `at`, database time: a hold settles
 * on that row.
 */
export function emptyLease(source: AllowanceTarget, organizationId: string, at: Date): Lease {
  const start = source.kind === 'ORGANIZATION' ? null : periodStart(source.period, at);
  return {
    ...leaseTarget(source, start),
    organizationId,
    source,
    periodStart: start,
    resetsAt: start && nextPeriodStart(source.period, at),
    limit: source.limit,
    amount: 0n,
    free: 0n,
    held: 0n,
    unposted: 0n,
    beyond: 0n,
    refillBelow: 0n,
    refillNotBeforeMs: 0,
    lastUsedMs: 0,
    spending: { windowStartMs: 0, current: 0n, previous: 0n },
    asked: false,
    doubtful: false,
  };
}

function leaseTarget(source: AllowanceTarget, start: Date | null): LeaseTarget {
  if (!start) return { kind: 'ACCOUNT', target: accountId(source.id) };
  const first = `${source.kind}:${source.id}:${start.toISOString()}`;
  const natural = source.number === 0 ? first : `${first}:${source.number}`;
  return { kind: 'ALLOWANCE', target: derivedId('allowance', natural) };
}

/** Sets `amount` aside from all of `leases`, or from none. */
export function take(leases: readonly Lease[], amount: Money, clock: Clock): boolean {
  if (leases.some(({ free }) => free < amount)) return false;
  const nowMs = clock.monotonic();
  for (const lease of leases) {
    lease.free -= amount;
    lease.held += amount;
    lease.lastUsedMs = nowMs;
  }
  return true;
}

/** Ends what was set aside: `charge` of it waits for its posting, the rest is free again. */
export function settle(
  leases: readonly Lease[],
  part: { amount: Money; charge: Money },
  clock: Clock,
): void {
  const nowMs = clock.monotonic();
  for (const lease of leases) {
    lease.held -= part.amount;
    lease.unposted += part.charge;
    lease.free += part.amount - part.charge;
    lease.lastUsedMs = nowMs;
    invariant(lease.held >= 0n, 'a hold ends once');
    noteSpending(lease, part.charge, nowMs);
  }
}

/** The charge is in the ledger: the lease shrinks by it, as the database's did. */
export function posted(leases: readonly Lease[], charge: Money): void {
  for (const lease of leases) {
    lease.unposted -= charge;
    lease.amount -= charge;
    invariant(lease.unposted >= 0n, 'a charge is posted once');
  }
}

export function granted(lease: Lease, amount: Money): void {
  lease.amount += amount;
  lease.free += amount;
  lease.refillBelow = lease.free / 2n;
}

/** What all of them could pay now, as far as this node knows. */
export function affordable(leases: readonly Lease[]): Money {
  return leases.map(({ free, beyond }) => free + beyond).reduce(least);
}

/** What was charged in the last ten seconds, at least: what a lease is sized by. */
export function recentSpending(lease: Lease, nowMs: number): Money {
  noteSpending(lease, 0n, nowMs);
  const { current, previous } = lease.spending;
  return greatest(current, previous);
}

function noteSpending({ spending }: Lease, charge: Money, nowMs: number): void {
  const windows = Math.floor((nowMs - spending.windowStartMs) / spendingWindowMs);
  if (windows >= 1) {
    spending.previous = windows === 1 ? spending.current : 0n;
    spending.current = 0n;
    spending.windowStartMs = nowMs;
  }
  spending.current += charge;
}

export function grantTarget(lease: Lease, min: Money, want: Money): GrantTarget {
  const { kind, target, limit, source, periodStart, organizationId } = lease;
  const subject = source.kind === 'ORGANIZATION' ? null : source.kind;
  const { id: subjectId, number } = source;
  const account = accountId(organizationId);
  return { kind, target, min, want, limit, account, subject, subjectId, number, periodStart };
}
