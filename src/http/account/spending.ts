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

interface Row extends Readonly<Record<keyof typeof nothing, string>> {
  readonly apiKeyId: string;
}

const nothing = { ever: 0n, daily: 0n, weekly: 0n, monthly: 0n };

/**
 * By the id of the key, exact to the last completion that was acknowledged, in the period in which
 * it ended. What was charged is read from the sums by hour, which stay when details of completions
 * go; of own provider keys there are the details alone.
 */
export async function spendingOf(
  apiKeyIds: readonly string[],
  { storage, credits, clock }: Pick<Rooms, 'storage' | 'clock'> & { credits: { post(): unknown } },
): Promise<(apiKeyId: string) => Spending> {
  await credits.post();
  const { daily, weekly, monthly } = periodsAt(new Date(clock.now()));
  const keys = [...apiKeyIds];
  const charged = await storage.prisma.$queryRaw<Row[]>`
    SELECT api_key_id AS "apiKeyId", SUM(charged - refunded)::text AS ever,
           SUM(CASE WHEN hour >= ${daily} THEN charged - refunded ELSE 0 END)::text AS daily,
           SUM(CASE WHEN hour >= ${weekly} THEN charged - refunded ELSE 0 END)::text AS weekly,
           SUM(CASE WHEN hour >= ${monthly} THEN charged - refunded ELSE 0 END)::text AS monthly
    FROM rollup WHERE api_key_id = ANY(${keys}::text[]) GROUP BY api_key_id`;
  const own = await storage.prisma.$queryRaw<Row[]>`
    SELECT api_key_id AS "apiKeyId", SUM(upstream_cost)::text AS ever,
           SUM(CASE WHEN finished_at >= ${daily} THEN upstream_cost ELSE 0 END)::text AS daily,
           SUM(CASE WHEN finished_at >= ${weekly} THEN upstream_cost ELSE 0 END)::text AS weekly,
           SUM(CASE WHEN finished_at >= ${monthly} THEN upstream_cost ELSE 0 END)::text AS monthly
    FROM completion WHERE own_provider_key AND api_key_id = ANY(${keys}::text[])
    GROUP BY api_key_id`;
  const [chargedOf, ownOf] = [sumsOf(charged), sumsOf(own)];
  return (apiKeyId) => ({ ...chargedOf(apiKeyId), own: ownOf(apiKeyId) });
}

function sumsOf(rows: readonly Row[]): (apiKeyId: string) => Spending['own'] {
  const byKey = new Map(rows.map((row) => [row.apiKeyId, row]));
  return (apiKeyId) => {
    const { ever, daily, weekly, monthly } = byKey.get(apiKeyId) ?? nothing;
    const [all, day, week, month] = [ever, daily, weekly, monthly].map(BigInt);
    return { ever: all ?? 0n, daily: day ?? 0n, weekly: week ?? 0n, monthly: month ?? 0n };
  };
}

/** Midnight of today, of Monday and of the first, in UTC. */
function periodsAt(now: Date) {
  const at = (day: number) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), day));
  const today = now.getUTCDate();
  const sinceMonday = (now.getUTCDay() + 6) % 7;
  return { daily: at(today), weekly: at(today - sinceMonday), monthly: at(1) };
}
