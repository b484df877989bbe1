import { formatMoney, type Money } from '#kernel';
import { accountId } from '../leases/lease.ts';
import type { LedgerDatabase } from '../ledger/ledger-database.ts';

/** A period of one account, `until` exclusive. */
export interface StatementPeriod {
  readonly organizationId: string;
  readonly since: Date;
  readonly until: Date;
}

export interface StatementLine {
  readonly kind: 'PURCHASE' | 'GRANT' | 'USAGE' | 'FEE' | 'REFUND' | 'ADJUSTMENT';
  readonly entries: number;
  readonly amount: Money;
}

/** What an accountant signs: opening balance + all totals = closing balance. */
export interface Statement extends StatementPeriod {
  readonly openingBalance: Money;
  readonly closingBalance: Money;
  readonly totals: readonly StatementLine[];
}

type Database = Pick<LedgerDatabase, 'query'>;

interface SumRow {
  readonly kind: StatementLine['kind'] | null;
  readonly entries: bigint;
  readonly amount: bigint;
}

/**
 * Sums of a period, and of all that came before it: one statement, so one moment of the ledger.
 * Entries stand at their own time, which for usage is when the completion ended.
 */
export async function readStatement(db: Database, period: StatementPeriod): Promise<Statement> {
  const { organizationId, since, until } = period;
  const rows = await db.query<SumRow>(
    `SELECT kind, count(*) AS entries, coalesce(sum(amount), 0) AS amount FROM entry
        WHERE account_id = $1 AND at >= $2::timestamptz AND at < $3::timestamptz GROUP BY kind
      UNION ALL SELECT NULL, count(*), coalesce(sum(amount), 0) FROM entry
        WHERE account_id = $1 AND at < $2::timestamptz
      ORDER BY kind`,
    [accountId(organizationId), since, until],
  );
  const opening = BigInt(rows.find(({ kind }) => kind === null)?.amount ?? 0);
  const totals = rows.flatMap(({ kind, entries, amount }) =>
    kind === null ? [] : [{ kind, entries: Number(entries), amount: BigInt(amount) }],
  );
  const closing = totals.reduce((sum, { amount }) => sum + amount, opening);
  return { ...period, openingBalance: opening, closingBalance: closing, totals };
}

/** What the link to an export says, and back; null when it is about something else. */
export const exportParts = ({ organizationId, since, until }: StatementPeriod) =>
  ['ledger', organizationId, since.getTime(), until.getTime()].map(String);

export function periodOf(parts: readonly string[] | null): StatementPeriod | null {
  const [what, organizationId = '', since, until] = parts ?? [];
  if (what !== 'ledger') return null;
  return { organizationId, since: new Date(Number(since)), until: new Date(Number(until)) };
}

interface ExportRow {
  readonly seq: bigint;
  readonly id: string;
  readonly at: Date;
  readonly kind: string;
  readonly amount: bigint;
  readonly fee: bigint | null;
  readonly balance_after: bigint;
  readonly completion_id: string | null;
  readonly description: string;
}

const pageRows = 1_000;
const header = 'entry,at,kind,amount,fee,balance_after,completion,description\r\n';

/**
 * Every entry of the period as CSV (RFC 4180), oldest first. Read page by page along the account's
 * own numbers, so that millions of entries never stand in memory.
 */
export async function* exportCsv(db: Database, period: StatementPeriod): AsyncGenerator<string> {
  yield header;
  let after = 0n;
  for (;;) {
    const rows = await db.query<ExportRow>(
      `SELECT e.seq, e.id, e.at, e.kind, e.amount, e.fee, e.balance_after, e.completion_id,
          t.description
        FROM entry e JOIN ledger_tx t ON t.id = e.tx_id
        WHERE e.account_id = $1 AND e.seq > $4
          AND e.at >= $2::timestamptz AND e.at < $3::timestamptz
        ORDER BY e.seq LIMIT ${pageRows}`,
      [accountId(period.organizationId), period.since, period.until, after],
    );
    if (rows.length > 0) yield rows.map(csvLine).join('');
    if (rows.length < pageRows) return;
    after = rows.at(-1)?.seq ?? after;
  }
}

const csvLine = (row: ExportRow) =>
  `${[
    row.id,
    row.at.toISOString(),
    row.kind,
    formatMoney(row.amount),
    row.fee === null ? '' : formatMoney(row.fee),
    formatMoney(row.balance_after),
    row.completion_id ?? '',
    quoted(row.description),
  ].join(',')}\r\n`;

/** Quoted; what a spreadsheet would take for a formula is made plain text. */
const quoted = (text: string) => `"${text.replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`;
