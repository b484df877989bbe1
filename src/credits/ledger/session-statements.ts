import type { LeaseTarget } from './lease-statements.ts';
import { type LedgerDatabase, oneRow, toJson } from './ledger-database.ts';
import type { Held } from './posting-statements.ts';

/** What the database answers to a sign of life. */
export interface Renewal {
  readonly databaseTime: Date;
  readonly changeNumber: bigint;
  readonly live: readonly number[];
  /** What this session has leased and others miss. */
  readonly recalls: readonly LeaseTarget[];
}

/** A session's sign of life, with what it tells. */
export interface SignOfLife {
  readonly session: number;
  /** Changes are applied up to this number. */
  readonly ackChange: bigint;
  readonly held: readonly Held[];
}

interface RenewalRow {
  readonly database_time: Date;
  readonly change_number: bigint;
  readonly live: number[];
  readonly recalls: LeaseTarget[];
}

/** The life of sessions: one statement each, in the migrations' functions `session_…`. */
export function sessionStatements(db: LedgerDatabase) {
  return {
    openSession: async (node: string) =>
      (await oneRow<{ id: number }>(db, 'SELECT session_open($1) AS id', [node])).id,

    async renew({ session, ackChange, held }: SignOfLife): Promise<Renewal> {
      const sql = 'SELECT * FROM session_renew($1::int, $2::bigint, $3::jsonb)';
      const row = await oneRow<RenewalRow>(db, sql, [session, ackChange.toString(), toJson(held)]);
      const { database_time, change_number, live, recalls } = row;
      return { databaseTime: database_time, changeNumber: BigInt(change_number), live, recalls };
    },

    /** The number of the last committed change. */
    async changeNumber(): Promise<bigint> {
      const sql = 'SELECT number FROM change_head WHERE id = 1';
      return BigInt((await oneRow<{ number: bigint }>(db, sql, [])).number);
    },

    /** False when it was not live any more. */
    async closeSession(session: number): Promise<boolean> {
      const sql = 'SELECT session_close($1::int) AS closed';
      return (await oneRow<{ closed: boolean }>(db, sql, [session])).closed;
    },

    /** Ends one session that has stopped renewing and answers it; null when there is none. */
    reapSession: async () =>
      (await oneRow<{ id: number | null }>(db, 'SELECT session_reap() AS id', [])).id,

    /** Of one node, or of all. */
    async liveSessions(node: string | null): Promise<number[]> {
      const sql = `SELECT id FROM node_session
        WHERE state = 'LIVE' AND node = coalesce($1, node) ORDER BY id`;
      return (await db.query<{ id: number }>(sql, [node])).map(({ id }) => id);
    },
  };
}
