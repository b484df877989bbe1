import type { Money } from '#kernel';
import { type LedgerDatabase, oneRow, toJson } from './ledger-database.ts';

export interface LeaseTarget {
  readonly kind: 'ACCOUNT' | 'ALLOWANCE';
  /** The account's or the allowance's id. */
  readonly target: string;
}

/** What of one target is needed (`min`), welcome (`want`), and, for an allowance, what it is. */
export interface GrantTarget extends LeaseTarget {
  readonly min: Money;
  readonly want: Money;
  readonly limit: Money | null;
  /** The account behind whose lock an allowance's row is made: its organization's. */
  readonly account: string;
  readonly subject: 'MEMBER' | 'API_KEY' | null;
  readonly subjectId: string | null;
  readonly number: number;
  readonly periodStart: Date | null;
}

export interface GrantAnswer extends LeaseTarget {
  readonly granted: Money;
  readonly available: Money;
  /** Leased by other sessions and not held by them. */
  readonly elsewhere: Money;
  /** What the organization owes for payments that went back: while it does, nothing is granted. */
  readonly owed: Money;
}

export interface GiveBack extends LeaseTarget {
  readonly amount: Money;
}

/** Money between the ledger and a session's leases: the migrations' functions `lease_…`. */
export function leaseStatements(db: LedgerDatabase) {
  return {
    /** Of all targets, or of none. */
    async grant(session: number, targets: readonly GrantTarget[]): Promise<GrantAnswer[]> {
      const sql = 'SELECT * FROM lease_grant($1::int, $2::jsonb)';
      const params = [session, toJson(targets)];
      const rows = await db.query<Record<keyof GrantAnswer, string>>(sql, params);
      return rows.map(({ kind, target, granted, available, elsewhere, owed }) => ({
        kind: kind as LeaseTarget['kind'],
        target,
        granted: BigInt(granted),
        available: BigInt(available),
        elsewhere: BigInt(elsewhere),
        owed: BigInt(owed),
      }));
    },

    /** What is free on the node; what it holds or has charged is the node's to keep back. */
    async giveBack(session: number, { kind, target, amount }: GiveBack): Promise<void> {
      const sql = 'SELECT lease_give_back($1::int, $2::"LeaseKind", $3, $4::numeric)';
      await db.query(sql, [session, kind, target, amount.toString()]);
    },

    async leased(session: number, { kind, target }: LeaseTarget): Promise<Money> {
      const sql = `SELECT coalesce(sum(amount), 0) AS amount FROM lease
        WHERE session = $1::int AND kind = $2::"LeaseKind" AND target = $3`;
      const row = await oneRow<{ amount: bigint }>(db, sql, [session, kind, target]);
      return BigInt(row.amount);
    },
  };
}
