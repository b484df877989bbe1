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

type Row = { readonly apiKeyId: string } & Readonly<
  Record<keyof typeof nothing | `own_${keyof typeof nothing}`, string>
>;

const nothing = { ever: 0n, daily: 0n, weekly: 0n, monthly: 0n };

/**
 * By the id of the key, exact to the last completion that was acknowledged, in the period in which
 * it ended: read from the sums by hour, which stay when details of completions go.
 */
export async function spendingOf(
  apiKeyIds: readonly string[],
  { storage, credits, clock }: Pick<Rooms, 'storage' | 'clock'> & { credits: { post(): unknown } },
): Promise<(apiKeyId: string) => Spending> {
  await credits.post();
  const { daily, weekly, monthly } = periodsAt(new Date(clock.now()));
  const rows = await storage.prisma.$queryRaw<Row[]>`
    SELECT api_key_id AS "apiKeyId", SUM(charged - refunded)::text AS ever,
           SUM(CASE WHEN hour >= ${daily} THEN charged - refunded ELSE 0 END)::text AS daily,
           SUM(CASE WHEN hour >= ${weekly} THEN charged - refunded ELSE 0 END)::text AS weekly,
           SUM(CASE WHEN hour >= ${monthly} THEN charged - refunded ELSE 0 END)::text AS monthly,
           SUM(own_cost)::text AS own_ever,
           SUM(CASE WHEN hour >= ${daily} THEN own_cost ELSE 0 END)::text AS own_daily,
           SUM(CASE WHEN hour >= ${weekly} THEN own_cost ELSE 0 END)::text AS own_weekly,
           SUM(CASE WHEN hour >= ${monthly} THEN own_cost ELSE 0 END)::text AS own_monthly
    FROM rollup WHERE api_key_id = ANY(${[...apiKeyIds]}::text[]) GROUP BY api_key_id`;
  const byKey = new Map(rows.map((row) => [row.apiKeyId, spendingIn(row)]));
  return (apiKeyId) => byKey.get(apiKeyId) ?? { ...nothing, own: nothing };
}

const spendingIn = (row: Row): Spending => ({
  ever: BigInt(row.ever),
  daily: BigInt(row.daily),
  weekly: BigInt(row.weekly),
  monthly: BigInt(row.monthly),
  own: {
    ever: BigInt(row.own_ever),
    daily: BigInt(row.own_daily),
    weekly: BigInt(row.own_weekly),
    monthly: BigInt(row.own_monthly),
  },
});

/** Midnight of today, of Monday and of the first, in UTC. */
function periodsAt(now: Date) {
  const at = (day: number) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), day));
  const today = now.getUTCDate();
  const sinceMonday = (now.getUTCDay() + 6) % 7;
  return { daily: at(today), weekly: at(today - sinceMonday), monthly: at(1) };
}
