import type { Storage } from '#storage';
import { accountId } from '../../src/credits/leases/lease.ts';
import type { ModelState } from './model-state.ts';

interface Whose {
  readonly organizations: readonly string[];
  readonly sessions: readonly number[];
}

const tables: Readonly<Record<string, string>> = {
  accounts: `SELECT concat_ws(' ', id, balance, leased, seq) AS row FROM credit_account
    WHERE id = ANY ($1)`,
  entries: `SELECT concat_ws(' ', account_id, seq, kind, amount, balance_after, completion_id)
    AS row FROM entry WHERE account_id = ANY ($1)`,
  allowances: `SELECT concat_ws(' ', id, spent, carried, leased) AS row FROM allowance
    WHERE subject_id LIKE ANY ($2)`,
  leases: `SELECT concat_ws(' ', session, kind, target, amount, held) AS row FROM lease
    WHERE session = ANY ($3::int[])`,
  sessions: `SELECT concat_ws(' ', id, state) AS row FROM node_session WHERE id = ANY ($3::int[])`,
  journal: `SELECT concat_ws(' ', session, n) AS row FROM journal WHERE session = ANY ($3::int[])`,
  completions: `SELECT concat_ws(' ', id, charged, waived, session) AS row FROM completion
    WHERE organization_id = ANY ($4)`,
  usage: `SELECT concat_ws(' ', organization_id, api_key_id, membership_id, sum(charged)) AS row
    FROM rollup WHERE organization_id = ANY ($4)
    GROUP BY organization_id, api_key_id, membership_id`,
  claims: `SELECT concat_ws(' ', principal, key, completion, gen, outcome) AS row FROM claim
    WHERE principal = ANY ($4)`,
  quarantine: `SELECT count(*)::text AS row FROM quarantine WHERE session = ANY ($3::int[])`,
};

type Rows = Readonly<Record<string, readonly string[]>>;

/** One statement, so one moment. */
const everything = Object.entries(tables)
  .map(([name, sql]) => `SELECT '${name}' AS name, row FROM (${sql}) AS ${name}`)
  .join(' UNION ALL ');

export async function rowsOfDatabase(
  storage: Storage,
  { organizations, sessions }: Whose,
): Promise<Rows> {
  const subjects = organizations.map((id) => `%${id}`);
  const whose = [organizations.map(accountId), subjects, sessions, organizations];
  const found = await storage.query<{ name: string; row: string }>(everything, whose);
  const rowsOf = (table: string) => found.filter(({ name }) => name === table);
  const lines = (table: string) => rowsOf(table).map(({ row }) => row);
  return Object.fromEntries(Object.keys(tables).map((table) => [table, lines(table).sort()]));
}

export function rowsOfModel(state: ModelState, organizations: readonly string[]): Rows {
  const own = organizations.map((id) => state.accounts.get(accountId(id))).filter((row) => !!row);
  const line = (...parts: readonly unknown[]) =>
    parts.filter((part) => part !== null && part !== undefined).join(' ');
  const journal = [...state.journal].flatMap(([session, rows]) =>
    [...rows.keys()].map((n) => line(session, n)),
  );
  const rows: Record<string, readonly string[]> = {
    accounts: own.map((row) => line(row.id, row.balance, row.leased, row.entries.length)),
    entries: own.flatMap(({ id, entries }) =>
      entries.map((e) => line(id, e.seq, e.kind, e.amount, e.balanceAfter, e.completion)),
    ),
    allowances: [...state.allowances.values()].map((row) =>
      line(row.id, row.spent, row.carried, row.leased),
    ),
    leases: [...state.leases.values()].map((row) =>
      line(row.session, row.kind, row.target, row.amount, row.held),
    ),
    sessions: [...state.sessions.values()].map((row) => line(row.id, row.state)),
    journal,
    completions: [...state.completions.values()].map((row) =>
      line(row.record.completion, row.charged, row.waived, row.session),
    ),
    usage: [...state.rollup.values()].map((row) =>
      [row.organizationId, row.apiKeyId, row.membershipId, row.charged].join(' '),
    ),
    claims: [...state.claims].map(([name, row]) =>
      line(...name.split('|'), row.completion, row.gen, row.outcome),
    ),
    quarantine: [String(state.quarantine.length)],
  };
  return Object.fromEntries(Object.entries(rows).map(([name, lines]) => [name, [...lines].sort()]));
}
