import { dayMs, hourMs, type Money } from '#kernel';
import type { LedgerDatabase } from '../ledger/ledger-database.ts';

const days = 7;

export interface Forecast {
  /** Mean spend per day over the last seven days; null without spend. */
  readonly burnRatePerDay: Money | null;
  /** When `balance` ends at that rate; null when it never does. */
  readonly emptyAt: Date | null;
}

/** What a balance is spent at, and until when it lasts. */
export async function forecast(
  db: Pick<LedgerDatabase, 'query'>,
  account: { readonly organizationId: string; readonly balance: Money },
  nowMs: number,
): Promise<Forecast> {
  const since = new Date(Math.ceil((nowMs - days * dayMs) / hourMs) * hourMs);
  const sql = `SELECT coalesce(sum(charged), 0) AS spent FROM rollup
    WHERE organization_id = $1 AND hour >= $2::timestamptz`;
  const [row] = await db.query<{ spent: bigint }>(sql, [account.organizationId, since]);
  const spent = BigInt(row?.spent ?? 0);
  if (spent <= 0n) return { burnRatePerDay: null, emptyAt: null };
  const lastsMs = (account.balance * BigInt(days * dayMs)) / spent;
  const emptyMs = nowMs + Number(lastsMs);
  return {
    burnRatePerDay: spent / BigInt(days),
    emptyAt: emptyMs < latestMs ? new Date(emptyMs) : null,
  };
}

/** The end of the calendar that RFC 3339 can write. */
const latestMs = Date.UTC(9_999, 11, 31);
