import type { Rooms } from '#schema';

/** What a key has spent, 10⁻¹² US dollar: ever, and in the day, week and month that run (UTC). */
export interface Spending {
  readonly ever: bigint;
  readonly daily: bigint;
  readonly weekly: bigint;
  readonly monthly: bigint;
  /** List price of what its organization's own provider keys were billed for. */
  readonly own: Omit<Spending, 'own'>;
}

interface Row {
  readonly apiKeyId: string;
  readonly since: 'ever' | 'daily' | 'weekly' | 'monthly';
  readonly charged: bigint;
  readonly own: bigint;
}

const nothing = { ever: 0n, daily: 0n, weekly: 0n, monthly: 0n };

/** By the id of the key, exact to the last completion that was acknowledged. */
export async function spendingOf(
  apiKeyIds: readonly string[],
  { storage, credits, clock }: Rooms,
): Promise<(apiKeyId: string) => Spending> {
  await credits.post();
  const begins = periodsAt(new Date(clock.now()));
  const rows = await storage.prisma.$queryRaw<Row[]>`
    SELECT c.api_key_id AS "apiKeyId", p.since,
           SUM(c.charged - c.refunded)::bigint AS charged,
           COALESCE(SUM(c.upstream_cost) FILTER (WHERE c.own_provider_key), 0)::bigint AS own
    FROM completion c
    JOIN (VALUES ('ever', '-infinity'::timestamptz), ('daily', ${begins.daily}::timestamptz),
                 ('weekly', ${begins.weekly}::timestamptz),
                 ('monthly', ${begins.monthly}::timestamptz)) AS p (since, begins)
      ON c.created_at >= p.begins
    WHERE c.api_key_id = ANY(${[...apiKeyIds]}::text[])
    GROUP BY c.api_key_id, p.since`;
  const byKey = Map.groupBy(rows, ({ apiKeyId }) => apiKeyId);
  return (apiKeyId) => {
    const own = byKey.get(apiKeyId) ?? [];
    const sums = (of: 'charged' | 'own') => ({
      ...nothing,
      ...Object.fromEntries(own.map((row) => [row.since, row[of]])),
    });
    return { ...sums('charged'), own: sums('own') };
  };
}

/** Midnight of today, of Monday and of the first, in UTC. */
function periodsAt(now: Date) {
  const at = (day: number) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), day));
  const today = now.getUTCDate();
  const sinceMonday = (now.getUTCDay() + 6) % 7;
  return { daily: at(today), weekly: at(today - sinceMonday), monthly: at(1) };
}
