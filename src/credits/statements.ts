import type { Money } from '#kernel';

/**
 * What the ledger needs of a database: one statement in autocommit; int8 and numeric come as
 * bigint.
 */
export interface LedgerDatabase {
  readonly kind: 'embedded' | 'server';
  query<T extends object>(sql: string, parameters?: readonly unknown[]): Promise<T[]>;
}

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
  readonly subject: 'MEMBER' | 'API_KEY' | null;
  readonly subjectId: string | null;
  readonly periodStart: Date | null;
}

export interface GrantAnswer extends LeaseTarget {
  readonly granted: Money;
  readonly available: Money;
  /** Leased by other sessions and not held by them. */
  readonly elsewhere: Money;
}

export interface Renewal {
  readonly databaseTime: Date;
  readonly changeNumber: bigint;
  readonly live: readonly number[];
  /** What this session has leased and others miss. */
  readonly recalls: readonly LeaseTarget[];
}

export interface Held extends LeaseTarget {
  readonly held: Money;
}

export type ClaimVerdict = 'TAKEN' | 'EXISTS' | 'CONFLICT';

export interface ClaimAnswer {
  readonly verdict: ClaimVerdict;
  /** The completion that has the key. */
  readonly completion: string;
  readonly gen: number;
}

export type Statements = ReturnType<typeof ledgerStatements>;

/**
 * The ledger's SQL functions (migration `ledger`), one method each. Records and figures go as JSON
 * text.
 */
export function ledgerStatements(db: LedgerDatabase) {
  const one = async <T extends object>(sql: string, params: readonly unknown[]): Promise<T> => {
    const [row] = await db.query<T>(sql, params);
    return row as T; // each of these statements answers exactly one row
  };
  return {
    openSession: async (node: string) =>
      (await one<{ id: number }>('SELECT session_open($1) AS id', [node])).id,

    async renew(session: number, ackChange: bigint, held: readonly Held[]): Promise<Renewal> {
      const row = await one<RenewalRow>(
        'SELECT * FROM session_renew($1::int, $2::bigint, $3::jsonb)',
        [session, ackChange.toString(), toJson(held)],
      );
      const { database_time, change_number, live, recalls } = row;
      return { databaseTime: database_time, changeNumber: BigInt(change_number), live, recalls };
    },

    closeSession: async (session: number) =>
      (await one<{ closed: boolean }>('SELECT session_close($1::int) AS closed', [session])).closed,

    reapSession: async () =>
      (await one<{ id: number | null }>('SELECT session_reap() AS id', [])).id,

    liveSessions: async (node: string | null) => {
      const sql = `SELECT id FROM node_session WHERE state = 'LIVE' AND node = coalesce($1, node) ORDER BY id`;
      return (await db.query<{ id: number }>(sql, [node])).map(({ id }) => id);
    },

    async grant(session: number, targets: readonly GrantTarget[]): Promise<GrantAnswer[]> {
      const sql = 'SELECT * FROM lease_grant($1::int, $2::jsonb)';
      const rows = await db.query<Record<keyof GrantAnswer, string>>(sql, [
        session,
        toJson(targets),
      ]);
      return rows.map(({ kind, target, granted, available, elsewhere }) => ({
        kind: kind as LeaseTarget['kind'],
        target,
        granted: BigInt(granted),
        available: BigInt(available),
        elsewhere: BigInt(elsewhere),
      }));
    },

    giveBack: (session: number, { kind, target }: LeaseTarget, amount: Money) =>
      one('SELECT lease_give_back($1::int, $2::"LeaseKind", $3, $4::numeric)', [
        session,
        kind,
        target,
        amount.toString(),
      ]),

    async leased(session: number, { kind, target }: LeaseTarget): Promise<Money> {
      const sql = `SELECT coalesce(sum(amount), 0) AS amount FROM lease
        WHERE session = $1::int AND kind = $2::"LeaseKind" AND target = $3`;
      return BigInt((await one<{ amount: bigint }>(sql, [session, kind, target])).amount);
    },

    append: (session: number, n: number, records: string) =>
      one('SELECT journal_append($1::int, $2::bigint, $3::jsonb)', [session, n, records]),

    journalSessions: async () =>
      (await db.query<{ session: number }>('SELECT DISTINCT session FROM journal ORDER BY 1')).map(
        ({ session }) => session,
      ),

    /** Answers how many were set aside, and the first row that is left. */
    async postJournal(session: number, rows: number, held: readonly Held[]) {
      const row = await one<{ quarantined: number; next_n: bigint | null }>(
        'SELECT * FROM ledger_post_journal($1::int, $2::int, $3::jsonb)',
        [session, rows, toJson(held)],
      );
      const next = row.next_n === null ? Number.POSITIVE_INFINITY : Number(row.next_n);
      return { quarantined: row.quarantined, next };
    },

    post: async (session: number, records: string, held: readonly Held[]) =>
      (
        await one<{ quarantined: number }>(
          'SELECT ledger_post($1::int, $2::jsonb, $3::jsonb) AS quarantined',
          [session, records, toJson(held)],
        )
      ).quarantined,

    postLate: async (session: number, records: string) =>
      (
        await one<{ quarantined: number }>(
          'SELECT ledger_post_late($1::int, $2::jsonb) AS quarantined',
          [session, records],
        )
      ).quarantined,

    takeClaim: (session: number, claim: ClaimInput): Promise<ClaimAnswer> =>
      one('SELECT * FROM claim_take($1::int, $2, $3, $4, $5)', [
        session,
        claim.principal,
        claim.key,
        claim.bodyHmac,
        claim.completion,
      ]),

    finishClaim: (claim: { principal: string; key: string; gen: number }) =>
      one('SELECT claim_finish($1, $2, $3::int)', [claim.principal, claim.key, claim.gen]),

    async grantCredits(account: string, grant: GrantInput): Promise<GrantRow> {
      const row = await one<GrantRow>('SELECT * FROM grant_credits($1, $2::bigint, $3, $4, $5)', [
        account,
        grant.amount.toString(),
        grant.key,
        grant.reason,
        grant.actor,
      ]);
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
     * What the key was charged since then, and what sessions other than `session` hold of its
     * limit.
     */
    async keySpend(session: number, key: { apiKeyId: string; allowance: string; since: Date }) {
      const sql = `SELECT coalesce(sum(charged - refunded), 0) AS spent,
          (SELECT coalesce(sum(held), 0) FROM lease
            WHERE kind = 'ALLOWANCE' AND target = $3 AND session <> $1::int) AS held
        FROM rollup WHERE api_key_id = $2 AND hour >= $4`;
      const params = [session, key.apiKeyId, key.allowance, key.since];
      const row = await one<{ spent: bigint; held: bigint }>(sql, params);
      return { spent: BigInt(row.spent), held: BigInt(row.held) };
    },

    /** What the member was charged since then. */
    async memberSpend(membershipId: string, since: Date): Promise<Money> {
      const sql = `SELECT coalesce(sum(charged - refunded), 0) AS spent
        FROM rollup WHERE membership_id = $1 AND hour >= $2`;
      const row = await one<{ spent: bigint }>(sql, [membershipId, since]);
      return BigInt(row.spent);
    },
  };
}

export interface ClaimInput {
  /** Whose key it is: the API key's id, or person and organization. */
  readonly principal: string;
  readonly key: string;
  /** Keyed hash of the canonical input; a plain hash of a prompt would be content kept. */
  readonly bodyHmac: string;
  readonly completion: string;
}

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

interface RenewalRow {
  readonly database_time: Date;
  readonly change_number: bigint;
  readonly live: number[];
  readonly recalls: LeaseTarget[];
}

/** JSON whose integers of money are strings, because JSON's numbers are not exact. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? part.toString() : part));

/**
 * True for the database's answer that a session is not live (SQLSTATE of the migration's fence).
 */
export function isSessionGone(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if ('code' in error && error.code === 'BR001') return true;
  }
  return false;
}
