import type { LeaseTarget } from '../../src/credits/ledger/lease-statements.ts';

/** The rows of the ledger's tables, as far as money and the simulation depend on them. */

export interface SessionRow {
  readonly id: number;
  readonly node: string;
  state: 'LIVE' | 'CLOSED' | 'DEAD';
  renewedTick: number;
  /** Database time; only a sabotaged reaper looks at it. */
  renewedMs: number;
}

export interface EntryRow {
  readonly tx: number;
  readonly seq: number;
  readonly kind: 'USAGE' | 'FEE' | 'ADJUSTMENT' | 'GRANT';
  readonly amount: bigint;
  readonly balanceAfter: bigint;
  readonly completion: string | null;
}

export interface AccountRow {
  readonly id: string;
  readonly kind: 'ORGANIZATION' | 'PROVIDER' | 'PLATFORM';
  balance: bigint;
  leased: bigint;
  recallTick: number | null;
  readonly entries: EntryRow[];
}

export interface AllowanceRow {
  readonly id: string;
  readonly subjectId: string | null;
  readonly number: number;
  readonly startMs: number;
  spent: bigint;
  carried: bigint;
  leased: bigint;
  recallTick: number | null;
}

export interface LeaseRow extends LeaseTarget {
  readonly session: number;
  amount: bigint;
  held: bigint;
}

export interface ClaimRow {
  bodyHmac: string;
  completion: string;
  session: number;
  gen: number;
  outcome: 'CHARGED' | 'UNCHARGED' | null;
  expiresMs: number;
}

/** What the posting reads of a journal record. */
export interface PostedRecord {
  readonly completion: string;
  readonly organizationId: string;
  readonly apiKeyId: string | null;
  readonly membershipId: string | null;
  readonly providerId: string | null;
  readonly account: string;
  readonly status: string;
  readonly charged: string;
  readonly cost: string;
  readonly fee: string;
  readonly waived: string;
  readonly promptTokens: number;
  readonly ownProviderKey: boolean;
  readonly finishedAt: string;
  readonly lines: readonly { readonly amount: string }[];
  /** Of one that began after its admission nothing is reserved. */
  readonly allowances: readonly { readonly id: string; readonly reserved?: false }[];
  readonly claim: { readonly principal: string; readonly key: string; readonly gen: number } | null;
}

export interface CompletionRow {
  readonly record: PostedRecord;
  readonly session: number;
  readonly charged: bigint;
  readonly waived: bigint;
  /** It came after its session had ended and no longer fitted. */
  readonly unpaid: boolean;
}

export interface RollupRow {
  readonly organizationId: string;
  readonly apiKeyId: string;
  readonly membershipId: string;
  readonly hourMs: number;
  charged: bigint;
}
