import type { GrantTarget, LeaseTarget } from '../../src/credits/ledger/lease-statements.ts';
import type { Held } from '../../src/credits/ledger/posting-statements.ts';
import type { Statements } from '../../src/credits/ledger/statements.ts';
import { greatest, least, type ModelState, Refused } from './model-state.ts';

interface Fitting extends GrantTarget {
  readonly available: bigint;
  readonly elsewhere: bigint;
  readonly owed: bigint;
}

/** As the functions `lease_…`. */
export function leaseModel(state: ModelState) {
  const grants: Pick<Statements, 'grant' | 'giveBack' | 'leased'> = {
    async grant(session, targets) {
      state.fence(session);
      for (const target of targets) ensureAllowance(state, target);
      const fitting = targets.map((target) => fittingOf(state, session, target));
      const fits = fitting.every(({ available, min }) => available >= min);
      const live = state.live().length;
      return fitting.map((target) => {
        const granted = fits ? sizeOf(target, live) : 0n;
        if (fits && granted > 0n) add(state, session, { ...target, amount: granted });
        if (!fits) noteRecall(state, target);
        const { kind, target: id, available, elsewhere, owed } = target;
        return { kind, target: id, granted, available, elsewhere, owed };
      });
    },
    async giveBack(session, { kind, target, amount }) {
      state.fence(session);
      const lease = state.lease(session, { kind, target });
      const owner = state.owner({ kind, target });
      const freed = amount + unpostedOf(state, session, { kind, target });
      if (!lease || !owner || lease.amount < freed || owner.leased < freed) {
        throw new Refused('P0001', `session ${session} has no lease of ${target}`);
      }
      owner.leased -= freed;
      lease.amount -= freed;
      lease.held = least(lease.held, lease.amount);
      if (lease.amount === 0n) state.dropLease(lease);
    },
    async leased(session, target) {
      return state.lease(session, target)?.amount ?? 0n;
    },
  };
  const noteHeld = (session: number, held: readonly Held[]) => {
    for (const { held: amount, ...target } of held) {
      const lease = state.lease(session, target);
      if (lease) lease.held = least(lease.amount, amount);
    }
  };
  return { ...grants, noteHeld };
}

function ensureAllowance(state: ModelState, target: GrantTarget): void {
  if (target.kind !== 'ALLOWANCE' || state.allowances.has(target.target)) return;
  const { target: id, subjectId, number } = target;
  const startMs = target.periodStart?.getTime() ?? 0;
  const carried = chargedBeforeLimit(state, target, startMs);
  const row = {
    ...{ id, subjectId, number, startMs },
    ...{ spent: carried, carried, leased: 0n, recallTick: null },
  };
  state.allowances.set(target.target, row);
}

/** As `charged_before_limit`. */
export function chargedBeforeLimit(
  state: ModelState,
  limit: { subject: string | null; subjectId: string | null; number: number | null },
  sinceMs: number,
): bigint {
  const { subject, subjectId, number } = limit;
  const before = [...state.allowances.values()].some(
    (row) => row.subjectId === subjectId && row.number === number && row.startMs < sinceMs,
  );
  if (before) return 0n;
  return [...state.rollup.values()]
    .filter((row) => row.hourMs >= sinceMs)
    .filter((row) => (subject === 'API_KEY' ? row.apiKeyId : row.membershipId) === subjectId)
    .reduce((sum, { charged }) => sum + charged, 0n);
}

function fittingOf(state: ModelState, session: number, target: GrantTarget): Fitting {
  const owed = state.owed.get(target.target) ?? 0n;
  if (owed > 0n) return { ...target, available: 0n, elsewhere: 0n, owed };
  const elsewhere = [...state.leases.values()]
    .filter((lease) => lease.session !== session)
    .filter((lease) => lease.kind === target.kind && lease.target === target.target)
    .reduce((sum, { amount, held }) => sum + amount - held, 0n);
  return { ...target, available: greatest(0n, availableOf(state, target)), elsewhere, owed };
}

function availableOf(state: ModelState, target: GrantTarget): bigint {
  if (target.kind === 'ACCOUNT') {
    const account = state.accounts.get(target.target);
    return account ? account.balance - account.leased : 0n;
  }
  const allowance = state.allowances.get(target.target);
  if (!allowance || target.limit === null) return 0n;
  return target.limit - allowance.spent - allowance.leased;
}

/** As `lease_size`. */
function sizeOf({ available, min, want }: Fitting, live: number): bigint {
  if (live <= 1) return available;
  return least(available, greatest(greatest(min, want), available / BigInt(4 * live)));
}

function add(
  state: ModelState,
  session: number,
  granted: LeaseTarget & { readonly amount: bigint },
): void {
  const owner = state.owner(granted);
  if (!owner) return;
  owner.leased += granted.amount;
  owner.recallTick = null;
  state.addLease(session, granted, granted.amount);
}

function noteRecall(state: ModelState, target: Fitting): void {
  const owner = state.owner(target);
  if (owner && target.available < target.min) owner.recallTick = state.tick;
}

/** What a sabotaged return takes along. */
function unpostedOf(state: ModelState, session: number, { kind, target }: LeaseTarget): bigint {
  if (state.sabotage !== 'unposted money given back' || kind !== 'ACCOUNT') return 0n;
  return [...(state.journal.get(session)?.values() ?? [])]
    .flat()
    .filter(({ account }) => account === target)
    .reduce((sum, { charged }) => sum + BigInt(charged), 0n);
}
