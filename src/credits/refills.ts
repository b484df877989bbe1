import { type Clock, type Log, type Money, sleep } from '#kernel';
import type { Book } from './book.ts';
import { granted, grantTarget, type Lease, recentSpending } from './lease.ts';
import { creditsOutOfReach, InsufficientCredits } from './refusals.ts';
import type { Session } from './session.ts';
import type { Settlement } from './settlement.ts';
import { type GrantAnswer, isSessionGone, type Statements } from './statements.ts';
import type { Hold, HoldRequest } from './terms.ts';

/** A recall is waited for this long in all, looking again this often. */
const recallTries = 6;
const recallEveryMs = 50;
/** Nothing was to be had in the background: ask again no sooner. */
const dryMs = 1_000;

export interface RefillOptions {
  readonly book: Book;
  readonly session: Session;
  readonly settlement: Pick<Settlement, 'post' | 'undisturbed'>;
  readonly statements: Statements;
  readonly clock: Clock;
  readonly log: Log;
  /** Tells the other nodes that money of this account is missed. */
  readonly recall: (account: string) => void;
}

/**
 * Moves money between the ledger and this node's leases: one statement per organization at a time,
 * those who wait for it in their order.
 */
export interface Refills {
  /** Someone of this organization waits already; who comes now waits behind. */
  waiting(organizationId: string): boolean;
  admit(request: HoldRequest): Promise<Hold>;
  /** Refills what has come down to half, in the background. */
  refill(leases: readonly Lease[]): void;
  /** Gives back what is free. */
  giveBack(lease: Lease): Promise<void>;
}

interface Waiter {
  readonly request: HoldRequest;
  readonly resolve: (hold: Hold) => void;
  readonly reject: (reason: unknown) => void;
  tries: number;
}

export function openRefills(options: RefillOptions): Refills {
  const { book, session, statements, clock, log } = options;
  const queues = new Map<string, Waiter[]>();
  const lanes = new Map<string, Promise<unknown>>();

  /**
   * One at a time per organization, because a grant and a return of the same lease must not pass
   * each other.
   */
  const inLane = <T>(organizationId: string, step: () => Promise<T>): Promise<T> => {
    const result = (lanes.get(organizationId) ?? Promise.resolve()).then(step);
    const settled = result.then(
      () => undefined,
      () => undefined,
    );
    lanes.set(organizationId, settled);
    settled.then(() => {
      if (lanes.get(organizationId) === settled) lanes.delete(organizationId);
    });
    return result;
  };

  const ask = async (wishes: readonly Wish[]): Promise<readonly GrantAnswer[]> => {
    const number = session.number;
    try {
      const targets = wishes.map(({ lease, min, want }) => grantTarget(lease, min, want));
      const answers = await statements.grant(number, targets);
      for (const answer of answers) note(wishes, answer);
      return answers;
    } catch (thrown) {
      if (isSessionGone(thrown)) await session.lost(number);
      else for (const { lease } of wishes) lease.doubtful = true;
      throw thrown;
    }
  };

  const returnFree = async (lease: Lease): Promise<void> => {
    const amount = lease.free;
    lease.free = 0n;
    lease.amount -= amount;
    const number = session.number;
    try {
      if (amount > 0n) await statements.giveBack(number, lease, amount);
      if (lease.amount === 0n) book.drop(lease);
    } catch (thrown) {
      if (isSessionGone(thrown)) await session.lost(number);
      else lease.doubtful = true;
      log.warn('A lease was not given back; it is looked at again.', { error: thrown });
    }
  };

  /** Asks what the database has leased to us, after a change whose answer was lost. */
  const clear = async (lease: Lease): Promise<void> => {
    await options.settlement.post();
    await options.settlement.undisturbed(async () => {
      const missing = (await statements.leased(session.number, lease)) - lease.amount;
      if (missing > 0n) granted(lease, missing);
      lease.doubtful = false;
    });
  };

  /** One step for the first who waits: a hold, a refusal, or more money to try again with. */
  const serve = async (queue: Waiter[], waiter: Waiter): Promise<void> => {
    const { request } = waiter;
    if (session.standing() === 'RENEW') await session.renew();
    if (session.standing() === 'STALE') throw creditsOutOfReach('the session is not confirmed');
    const leases = book.leasesOf(request.targets);
    for (const lease of leases) if (lease.doubtful) await clear(lease);
    await tighten(leases, request, returnFree);
    const hold = book.admit(request);
    if (hold) {
      queue.shift();
      return waiter.resolve(hold);
    }
    const wishes = wishesOf(book.leasesOf(request.targets), queue, clock.monotonic());
    const refusing = refusalOf(await ask(wishes), wishes);
    if (!refusing) return;
    if (refusing.reachable && waiter.tries++ < recallTries) {
      options.recall(wishes[0]?.lease.organizationId ?? '');
      return sleep(clock, recallEveryMs);
    }
    refuse(queue, waiter, refusing);
  };

  const serveAll = async (organizationId: string, queue: Waiter[]): Promise<void> => {
    for (let waiter = queue[0]; waiter; waiter = queue[0]) {
      const first = waiter;
      try {
        await inLane(organizationId, () => serve(queue, first));
      } catch (thrown) {
        if (isSessionGone(thrown) && first.tries++ < 2) continue;
        const reason = creditsOutOfReach('the ledger did not answer', thrown);
        for (const { reject } of queue.splice(0)) reject(reason);
      }
    }
    queues.delete(organizationId);
  };

  return {
    waiting: (organizationId) => queues.has(organizationId),
    admit: (request) =>
      new Promise((resolve, reject) => {
        const organizationId = request.targets[0]?.id ?? '';
        const waiter: Waiter = { request, resolve, reject, tries: 0 };
        const queue = queues.get(organizationId);
        if (queue) return void queue.push(waiter);
        const fresh = [waiter];
        queues.set(organizationId, fresh);
        void serveAll(organizationId, fresh);
      }),
    refill(leases) {
      const nowMs = clock.monotonic();
      for (const lease of leases) {
        if (lease.free >= lease.refillBelow || lease.refillNotBeforeMs > nowMs) continue;
        lease.refillNotBeforeMs = Number.POSITIVE_INFINITY;
        const wish = { lease, min: 0n, want: welcome(lease, nowMs) };
        inLane(lease.organizationId, async () => {
          if (book.find(lease) === lease) await ask([wish]);
        })
          .catch((error) => log.warn('A lease was not refilled.', { error }))
          .finally(() => {
            lease.refillNotBeforeMs = clock.monotonic() + dryMs;
          });
      }
    },
    giveBack: (lease) => inLane(lease.organizationId, () => returnFree(lease)),
  };
}

/** What of one lease is needed at least, and what would be welcome. */
interface Wish {
  readonly lease: Lease;
  readonly min: Money;
  readonly want: Money;
}

/** What the first who waits lacks; welcome is what all lack who wait for the same lease. */
function wishesOf(leases: readonly Lease[], queue: readonly Waiter[], nowMs: number): Wish[] {
  const amount = queue[0]?.request.amount ?? 0n;
  return leases
    .filter(({ free }) => free < amount)
    .map((lease) => {
      const all = queue.filter((waiter) => touches(waiter.request, lease));
      const sum = all.reduce((total, waiter) => total + waiter.request.amount, 0n);
      return { lease, min: amount - lease.free, want: sum - lease.free + welcome(lease, nowMs) };
    });
}

const welcome = (lease: Lease, nowMs: number): Money => recentSpending(lease, nowMs);

const touches = ({ targets }: HoldRequest, { source }: Lease): boolean =>
  targets.some(({ kind, id }) => kind === source.kind && id === source.id);

function note(wishes: readonly Wish[], answer: GrantAnswer): void {
  const wish = wishes.find(
    ({ lease }) => lease.kind === answer.kind && lease.target === answer.target,
  );
  if (!wish) return;
  granted(wish.lease, answer.granted);
  wish.lease.beyond = answer.available - answer.granted;
}

interface Refusing {
  readonly lease: Lease;
  /** All that is not held by anyone: free here, in the ledger, idle elsewhere. */
  readonly available: Money;
  /** It would fit if other nodes gave back what is idle there. */
  readonly reachable: boolean;
}

function refusalOf(answers: readonly GrantAnswer[], wishes: readonly Wish[]): Refusing | null {
  for (const { lease, min } of wishes) {
    const answer = answers.find(
      ({ kind, target }) => kind === lease.kind && target === lease.target,
    );
    if (!answer || answer.available >= min) continue;
    const reachable = answer.available + answer.elsewhere >= min;
    return { lease, available: lease.free + answer.available + answer.elsewhere, reachable };
  }
  return null;
}

/** Refuses the first and, in their order, all who ask at least as much of the same lease. */
function refuse(queue: Waiter[], first: Waiter, refusing: Refusing): void {
  const { lease, available, reachable } = refusing;
  const hopeless = ({ request }: Waiter) =>
    request.amount >= first.request.amount && touches(request, lease);
  const refused = queue.filter(hopeless);
  queue.splice(0, queue.length, ...queue.filter((waiter) => !hopeless(waiter)));
  for (const { request, reject } of refused) {
    if (reachable) reject(creditsOutOfReach('the money is in the leases of other nodes'));
    else reject(shortage(lease, request.amount, available));
  }
}

const shortage = (lease: Lease, required: Money, available: Money) =>
  new InsufficientCredits({
    allowance: lease.source.kind,
    required,
    available,
    resetsAt: lease.resetsAt,
  });

/**
 * A limit that was lowered since the lease was granted counts from now on: what is free under the
 * old one goes back.
 */
async function tighten(
  leases: readonly Lease[],
  { targets }: HoldRequest,
  returnFree: (lease: Lease) => Promise<void>,
): Promise<void> {
  for (const lease of leases) {
    const limit = targets.find(
      ({ kind, id }) => kind === lease.source.kind && id === lease.source.id,
    )?.limit;
    if (limit == null || lease.limit === null || limit === lease.limit) continue;
    const lowered = limit < lease.limit;
    lease.limit = limit;
    if (lowered) await returnFree(lease);
  }
}

/** True when a request brings another limit than its lease was granted under. */
export const limitChanged = (leases: readonly Lease[], { targets }: HoldRequest): boolean =>
  leases.some((lease, index) => lease.limit !== (targets[index]?.limit ?? null));
