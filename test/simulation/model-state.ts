import type { LeaseTarget } from '../../src/credits/ledger/lease-statements.ts';
import { sessionGoneCode } from '../../src/credits/ledger/ledger-database.ts';
import type {
  AccountRow,
  AllowanceRow,
  ClaimRow,
  CompletionRow,
  LeaseRow,
  PostedRecord,
  RollupRow,
  SessionRow,
} from './ledger-rows.ts';
import type { Sabotage } from './sabotage.ts';

/** A statement that the database refuses. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The ledger's tables, in memory. */
export class ModelState {
  readonly sessions = new Map<number, SessionRow>();
  readonly accounts = new Map<string, AccountRow>();
  readonly allowances = new Map<string, AllowanceRow>();
  readonly leases = new Map<string, LeaseRow>();
  readonly claims = new Map<string, ClaimRow>();
  /** Of each session, by n. */
  readonly journal = new Map<number, Map<number, readonly PostedRecord[]>>();
  readonly completions = new Map<string, CompletionRow>();
  readonly rollup = new Map<string, RollupRow>();
  readonly grants = new Map<string, { entry: string; amount: bigint }>();
  readonly quarantine: PostedRecord[] = [];
  /** What is owed for payments that went back, by the account that owes it. */
  readonly owed = new Map<string, bigint>();
  tick = 0;
  tickedMs = Number.NEGATIVE_INFINITY;
  lastSession = 0;
  lastTx = 0;
  change = 0n;
  readonly now: () => number;
  readonly sabotage: Sabotage | null;

  /** `now` is database time in ms. */
  constructor(now: () => number, sabotage: Sabotage | null = null) {
    this.now = now;
    this.sabotage = sabotage;
    for (const name of ['fees', 'grants', 'late-loss']) this.open(`platform:${name}`, 'PLATFORM');
  }

  open(id: string, kind: AccountRow['kind']): AccountRow {
    const row = { id, kind, balance: 0n, leased: 0n, recallTick: null, entries: [] };
    this.accounts.set(id, row);
    return row;
  }

  /** @throws Refused when the session is not live */
  fence(session: number): void {
    if (this.sabotage === 'no fence') return;
    if (this.sessions.get(session)?.state === 'LIVE') return;
    throw new Refused(sessionGoneCode, `session ${session} is not live`);
  }

  live(): SessionRow[] {
    return [...this.sessions.values()].filter(({ state }) => state === 'LIVE');
  }

  lease(session: number, { kind, target }: LeaseTarget): LeaseRow | undefined {
    return this.leases.get(leaseKey(session, kind, target));
  }

  leasesOf(session: number): LeaseRow[] {
    return [...this.leases.values()].filter((lease) => lease.session === session);
  }

  addLease(session: number, { kind, target }: LeaseTarget, amount: bigint): void {
    const known = this.lease(session, { kind, target });
    if (known) known.amount += amount;
    else
      this.leases.set(leaseKey(session, kind, target), { session, kind, target, amount, held: 0n });
  }

  dropLease({ session, kind, target }: LeaseRow): void {
    this.leases.delete(leaseKey(session, kind, target));
  }

  /** The account or allowance of a target. */
  owner({ kind, target }: LeaseTarget): AccountRow | AllowanceRow | undefined {
    return kind === 'ACCOUNT' ? this.accounts.get(target) : this.allowances.get(target);
  }
}

const leaseKey = (...[session, kind, target]: [number, string, string]) =>
  `${session}|${kind}|${target}`;

export const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
export const greatest = (a: bigint, b: bigint): bigint => (a > b ? a : b);
