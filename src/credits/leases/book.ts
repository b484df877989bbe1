import { Bag, invariant } from '#kernel';
import { periodStart } from '../charge/periods.ts';
import { asHeld } from '../journal/journal.ts';
import type { LeaseTarget } from '../ledger/lease-statements.ts';
import type { Held } from '../ledger/posting-statements.ts';
import type { AllowanceTarget, Hold, HoldRequest } from '../terms.ts';
import { affordable, emptyLease, type Lease, take } from './lease.ts';
import { type HoldWatchers, RunningHold } from './running-hold.ts';

/** Leases and holds of this node: in memory, changed in steps without an await. */
export interface Book {
  readonly leases: Iterable<Lease>;
  readonly running: Pick<Bag<RunningHold>, 'has' | 'size'> & Iterable<RunningHold>;
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

export interface BookOptions extends HoldWatchers {
  readonly session: () => number;
  /** Database time: a hold belongs to the period of its admission. */
  readonly now: () => Date;
}

/** Longer than two renewals, so that a hold's end is told too. */
const recentMs = 5_000;

export function openBook(options: BookOptions): Book {
  const { clock } = options;
  const leases = new Map<string, Lease>();
  const running = new Bag<RunningHold>();

  const leaseOf = (target: AllowanceTarget, organizationId: string, at = options.now()): Lease => {
    const start = target.kind === 'ORGANIZATION' ? '' : periodStart(target.period, at).getTime();
    const name = `${target.kind}:${target.id}:${target.number}:${start}`;
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
      const hold = new RunningHold({
        ...request,
        organizationId: request.targets[0]?.id ?? '',
        affordable: payable,
        leases: touched,
        session: options.session(),
        watchers: options,
        running,
      });
      options.moved(hold.organizationId);
      options.used(touched, request.amount);
      return hold;
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
