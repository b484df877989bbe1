import type { Money } from '#kernel';
import { type LedgerDatabase, oneRow } from './ledger-database.ts';

export interface GrantInput {
  readonly amount: Money;
  /** The same key of one organization is granted once. */
  readonly key: string;
  readonly reason: string;
  readonly actor: string | null;
}

export interface GrantRow {
  readonly entry: string;
  readonly amount: Money;
  readonly fresh: boolean;
}

export interface KeySpending {
  readonly apiKeyId: string;
  /** The row of its limit in the period that began at `since`. */
  readonly allowance: string;
  /** How often its limit began anew; null: it has none. */
  readonly number: number | null;
  readonly since: Date;
}

/** Reading accounts and limits, and credits that are not usage. */
export function accountStatements(db: LedgerDatabase) {
  return {
    async grantCredits(account: string, grant: GrantInput): Promise<GrantRow> {
      const { amount, key, reason, actor } = grant;
      const sql = 'SELECT * FROM grant_credits($1, $2::bigint, $3, $4, $5)';
      const row = await oneRow<GrantRow>(db, sql, [account, amount.toString(), key, reason, actor]);
      return { ...row, amount: BigInt(row.amount) };
    },

    /**
     * Null when there is no such account. `held` is what sessions other than `session` say they
     * hold.
     */
    async account(session: number, id: string): Promise<{ balance: Money; held: Money } | null> {
      const sql = `SELECT balance, (SELECT coalesce(sum(held), 0) FROM lease
          WHERE kind = 'ACCOUNT' AND target = $2 AND session <> $1::int) AS held
        FROM credit_account WHERE id = $2`;
      const [row] = await db.query<{ balance: bigint; held: bigint }>(sql, [session, id]);
      return row ? { balance: BigInt(row.balance), held: BigInt(row.held) } : null;
    },

    /**
     * What the key's limit counts of its period, or what the key was charged in it when it has
     * none, and what sessions other than `session` hold of it.
     */
    async keySpend(session: number, key: KeySpending) {
      const sql = `SELECT coalesce((SELECT spent FROM allowance WHERE id = $3 AND $4::int >= 0),
            charged_before_limit('API_KEY', $2, $4::int, $5::timestamptz)) AS spent,
          (SELECT coalesce(sum(held), 0) FROM lease
            WHERE kind = 'ALLOWANCE' AND target = $3 AND session <> $1::int) AS held`;
      const params = [session, key.apiKeyId, key.allowance, key.number, key.since];
      const row = await oneRow<{ spent: bigint; held: bigint }>(db, sql, params);
      return { spent: BigInt(row.spent), held: BigInt(row.held) };
    },

    /** What the member was charged since then. */
    async memberSpend(membershipId: string, since: Date): Promise<Money> {
      const sql = `SELECT coalesce(sum(charged - refunded), 0) AS spent
        FROM rollup WHERE membership_id = $1 AND hour >= $2`;
      return BigInt((await oneRow<{ spent: bigint }>(db, sql, [membershipId, since])).spent);
    },
  };
}
