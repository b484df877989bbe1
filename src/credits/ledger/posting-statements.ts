import type { Money } from '#kernel';
import type { LeaseTarget } from './lease-statements.ts';
import { type LedgerDatabase, oneRow, toJson } from './ledger-database.ts';

export interface Held extends LeaseTarget {
  readonly held: Money;
}

/** Records that were acknowledged together, as a JSON array. */
export interface JournalRow {
  /** Unique within the session. */
  readonly n: number;
  readonly records: string;
}

/** Which journal rows to post, and what the poster holds meanwhile. */
export interface RowPosting {
  readonly session: number;
  /** At most so many rows, the oldest. */
  readonly rows: number;
  readonly held: readonly Held[];
}

export interface RecordPosting {
  readonly session: number;
  readonly records: string;
  readonly held: readonly Held[];
}

/** From acknowledged to posted: the migrations' functions `journal_…` and `ledger_…`. */
export function postingStatements(db: LedgerDatabase) {
  return {
    /** All of these rows, or none; a row that is there already stays as it is. */
    async append(session: number, rows: readonly JournalRow[]): Promise<void> {
      const sql = 'SELECT journal_append($1::int, $2::jsonb)';
      const rowsAsJson = rows.map(({ n, records }) => `{"n":${n},"records":${records}}`);
      await db.query(sql, [session, `[${rowsAsJson.join(',')}]`]);
    },

    async journalSessions(): Promise<number[]> {
      const sql = 'SELECT DISTINCT session FROM journal ORDER BY 1';
      return (await db.query<{ session: number }>(sql)).map(({ session }) => session);
    },

    /** Answers how many were set aside, and the first row that is left. */
    async postJournal({ session, rows, held }: RowPosting) {
      const sql = 'SELECT * FROM ledger_post_journal($1::int, $2::int, $3::jsonb)';
      const params = [session, rows, toJson(held)];
      const row = await oneRow<{ quarantined: number; next_n: bigint | null }>(db, sql, params);
      const next = row.next_n === null ? Number.POSITIVE_INFINITY : Number(row.next_n);
      return { quarantined: row.quarantined, next };
    },

    /** Answers how many were set aside. */
    async post({ session, records, held }: RecordPosting): Promise<number> {
      const sql = 'SELECT ledger_post($1::int, $2::jsonb, $3::jsonb) AS quarantined';
      const params = [session, records, toJson(held)];
      return (await oneRow<{ quarantined: number }>(db, sql, params)).quarantined;
    },

    /** For a session that is gone; answers how many were set aside. */
    async postLate(session: number, records: string): Promise<number> {
      const sql = 'SELECT ledger_post_late($1::int, $2::jsonb) AS quarantined';
      return (await oneRow<{ quarantined: number }>(db, sql, [session, records])).quarantined;
    },
  };
}
