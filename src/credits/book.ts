import { type Clock, invariant, type Money } from '#kernel';
import { asHeld, type Ended } from './journal.ts';
import { journalRecord } from './journal-record.ts';
import { affordable, emptyLease, type Lease, settle, take } from './lease.ts';
import type { LeaseTarget } from './lease-statements.ts';
import { periodStart } from './periods.ts';
import type { Held } from './posting-statements.ts';
import type { AllowanceTarget, Hold, HoldRequest, SettlementRecord } from './terms.ts';

/** A completion that runs, and what is set aside for it. */
export interface RunningHold {
  readonly organizationId: string;
  leases: readonly Lease[];
  /** Whose leases pay. */
  session: number;
  amount: Money;
  /**
   * Its session was lost and the next one did not get the money: it grows no more, and its record
   * is late.
   */
  uncovered: boolean;
}

/** Leases and holds of this node: in memory, changed in steps without an await. */
export interface Book {
  readonly leases: Iterable<Lease>;
  readonly running: ReadonlySet<RunningHold>;
  /** The leases that a request touches, empty ones for what is not leased. */
  leasesOf(targets: readonly AllowanceTarget[]): readonly Lease[];
  /** The lease of an account or allowance, if this node has one. */
  find(target: LeaseTarget): Lease | undefined;
  /** The lease of the same target and period, which is another one after `dropAll`. */
  successor(lease: Lease): Lease;
  /** The hold, when all that it needs is free here; else null, and nothing is set aside. */
  admit(request: HoldRequest): Hold | null;
  /** Forgets a lease of nothing. */
  drop(lease: Lease): void;
  /** Forgets all leases: their session is gone. Those that hold money live on in their holds. */
  dropAll(): void;
  /** What is held now of everything that was lately in use. */
  held(): readonly Held[];
}

export interface BookOptions {
  readonly clock: Clock;
  readonly session: () => number;
  /** Database time: a hold belongs to the period of its admission. */
  readonly now: () => Date;
  /** Finds out whether the session still lives, when a clock says that it may not. */
  readonly confirm: () => Promise<void>;
  readonly ended: (ended: Ended) => Promise<void>;
  /** More or less of its money is held than before. */
  readonly moved: (organizationId: string) => void;
  /** These leases were used: look whether one wants more, to have `next` free again. */
  readonly used: (leases: readonly Lease[], next: Money) => void;
}

/** Longer than two renewals, so that a hold's end is told too. */
const recentMs = 5_000;

export function openBook(options: BookOptions): Book {
  const { clock } = options;
  const leases = new Map<string, Lease>();
  const running = new Set<RunningHold>();

  const leaseOf = (target: AllowanceTarget, organizationId: string, at = options.now()): Lease => {
    const start = target.kind === 'ORGANIZATION' ? '' : periodStart(target.period, at).getTime();
    const name = `${target.kind}:${target.id}:${start}`;
    const known = leases.get(name);
    if (known) return known;
    const lease = emptyLease(target, organizationId, at);
    lease.lastUsedMs = clock.monotonic();
    leases.set(name, lease);
    return lease;
  };

  const leasesOf = (targets: readonly AllowanceTarget[]) => {
    const [organization] = targets;
    invariant(organization?.kind === 'ORGANIZATION', "the organization's credits come first");
    return targets.map((target) => leaseOf(target, organization.id));
  };

  return {
    leases: { [Symbol.iterator]: () => leases.values() },
    running,
    leasesOf,
    find: ({ kind, target }) => find(leases.values(), kind, target),
    successor: ({ source, organizationId, periodStart: start }) =>
      leaseOf(source, organizationId, start ?? undefined),
    admit(request) {
      const touched = leasesOf(request.targets);
      const payable = affordable(touched);
      if (!take(touched, request.amount, clock)) return null;
      const hold: RunningHold = {
        organizationId: request.targets[0]?.id ?? '',
        leases: touched,
        session: options.session(),
        amount: request.amount,
        uncovered: false,
      };
      running.add(hold);
      options.moved(hold.organizationId);
      options.used(touched, request.amount);
      return openHold(request.completion, hold, { ...options, payable, running });
    },
    drop: (lease) => {
      for (const [name, known] of leases) if (known === lease) leases.delete(name);
    },
    dropAll: () => leases.clear(),
    held() {
      const sinceMs = clock.monotonic() - recentMs;
      return [...leases.values()]
        .filter((lease) => lease.held + lease.unposted > 0n || lease.lastUsedMs >= sinceMs)
        .map(asHeld);
    },
  };
}

function find(leases: Iterable<Lease>, kind: Lease['kind'], target: string): Lease | undefined {
  for (const lease of leases) if (lease.kind === kind && lease.target === target) return lease;
  return undefined;
}

function openHold(
  completion: string,
  hold: RunningHold,
  options: BookOptions & { payable: Money; running: Set<RunningHold> },
): Hold {
  const { clock, running } = options;
  return {
    completion,
    get amount() {
      return hold.amount;
    },
    affordable: options.payable,
    extend(by) {
      if (hold.uncovered || !running.has(hold)) return false;
      const taken = take(hold.leases, by, clock);
      if (taken) hold.amount += by;
      if (taken) options.moved(hold.organizationId);
      options.used(hold.leases, by);
      return taken;
    },
    async covered() {
      await options.confirm();
      return !hold.uncovered;
    },
    async end(record) {
      invariant(running.delete(hold), 'a hold ends once');
      const charge = record?.charged ?? 0n;
      invariant(charge >= 0n && charge <= hold.amount, 'a charge never exceeds its hold');
      settle(hold.leases, { amount: hold.amount, charge }, clock);
      options.moved(hold.organizationId);
      if (record) await options.ended(endedOf(record, hold));
    },
  };
}

function endedOf(record: SettlementRecord, { leases, session }: RunningHold): Ended {
  const [credits, ...allowances] = leases;
  invariant(credits?.kind === 'ACCOUNT', "the organization's credits come first");
  const json = journalRecord(record, credits.target, allowances);
  return { session, leases, charge: record.charged, record: json };
}
