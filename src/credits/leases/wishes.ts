import type { Clock, Money } from '#kernel';
import type { GrantAnswer, GrantTarget } from '../ledger/lease-statements.ts';
import type { HoldRequest } from '../terms.ts';
import { granted, grantTarget, type Lease, recentSpending } from './lease.ts';
import { creditsElsewhere, InsufficientCredits } from './refusals.ts';

/** What of one lease is needed at least, and what would be welcome. */
export interface Wish {
  readonly lease: Lease;
  readonly min: Money;
  readonly want: Money;
}

/** What the first lacks of each lease; welcome is what all of them lack, and the next seconds. */
export function wishesOf(
  leases: readonly Lease[],
  requests: readonly HoldRequest[],
  clock: Clock,
): Wish[] {
  const amount = requests[0]?.amount ?? 0n;
  return leases
    .filter(({ free }) => free < amount)
    .map((lease) => {
      const sum = requests
        .filter((request) => touches(request, lease))
        .reduce((total, request) => total + request.amount, 0n);
      const welcome = recentSpending(lease, clock.monotonic());
      return { lease, min: amount - lease.free, want: sum - lease.free + welcome };
    });
}

/** Nothing is needed; what is expected next and what was spent lately would be welcome. */
export const refillWish = (lease: Lease, next: Money, clock: Clock): Wish => ({
  lease,
  min: 0n,
  want: next + recentSpending(lease, clock.monotonic()),
});

export const targetsOf = (wishes: readonly Wish[]): GrantTarget[] =>
  wishes.map(({ lease, min, want }) => grantTarget(lease, min, want));

export const touches = ({ targets }: HoldRequest, { source }: Lease): boolean =>
  targets.some(({ kind, id }) => kind === source.kind && id === source.id);

/** Adds what was granted to the leases that wished for it. */
export function noteGrants(wishes: readonly Wish[], answers: readonly GrantAnswer[]): void {
  for (const answer of answers) {
    const lease = wishes.find((wish) => isFor(answer, wish))?.lease;
    if (!lease) continue;
    lease.asked = true;
    granted(lease, answer.granted);
    lease.beyond = answer.available - answer.granted;
  }
}

/** Why the first request was granted nothing. */
export interface Refusing {
  readonly lease: Lease;
  /** All that is not held by anyone: free here, in the ledger, idle elsewhere. */
  readonly available: Money;
  /** It would fit if other nodes gave back what is idle there. */
  readonly reachable: boolean;
  /** What the organization has to pay before anything is granted. */
  readonly owed: Money;
}

export function refusalOf(
  answers: readonly GrantAnswer[],
  wishes: readonly Wish[],
): Refusing | null {
  for (const wish of wishes) {
    const answer = answers.find((each) => isFor(each, wish));
    if (!answer || answer.available >= wish.min) continue;
    const { owed } = answer;
    const within = answer.available + answer.elsewhere;
    const available = owed > 0n ? 0n : wish.lease.free + within;
    return { lease: wish.lease, available, reachable: within >= wish.min, owed };
  }
  return null;
}

/** Idle money elsewhere is a matter of time, not of credits. */
export function refusalFault(refusing: Refusing, required: Money): Error {
  const { lease, available, reachable, owed } = refusing;
  if (reachable) return creditsElsewhere();
  const { resetsAt, source } = lease;
  return new InsufficientCredits({ allowance: source.kind, required, available, resetsAt, owed });
}

const isFor = (answer: GrantAnswer, { lease }: Wish): boolean =>
  lease.kind === answer.kind && lease.target === answer.target;
