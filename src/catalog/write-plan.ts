import { type Clock, newId } from '#kernel';
import type { Transaction } from '#storage';
import type { Change, Plan } from './reconcile.ts';

/** Rows that one statement inserts: Prisma keeps its last statements with their plans in memory. */
const chunk = 20;

/** The topic under which nodes hear of changes; subjects are `provider:<id>`, `model:<id>`, … */
export const catalogTopic = 'catalog';

/**
 * Writes a plan in the caller's transaction. Prices that end and prices that start meet at one
 * moment.
 */
export async function writePlan(tx: Transaction, plan: Plan, clock: Clock): Promise<void> {
  const now = new Date(clock.now());
  await writeRows(tx.provider, plan.providers, now);
  await writeRows(tx.model, plan.models, now);
  await writeRows(tx.endpoint, plan.endpoints, now);
  await writePrices(tx, plan.prices, clock);
  noteChanges(tx, plan);
}

/** What the three tables have in common, as far as it is used here. */
interface Table<Row> {
  createMany(args: { data: Row[]; skipDuplicates: true }): Promise<unknown>;
  update(args: { where: { id: string }; data: Row & { removedAt: null } }): Promise<unknown>;
  updateMany(args: {
    where: { id: { in: string[] } };
    data: { removedAt: Date };
  }): Promise<unknown>;
}

async function writeRows<Row extends { readonly id: string }>(
  table: Table<Row>,
  { added, changed, removed }: Change<Row>,
  now: Date,
): Promise<void> {
  for (const data of chunks(added)) await table.createMany({ data, skipDuplicates: true });
  for (const row of changed) {
    await table.update({ where: { id: row.id }, data: { ...row, removedAt: null } });
  }
  if (removed.length > 0) {
    await table.updateMany({ where: { id: { in: [...removed] } }, data: { removedAt: now } });
  }
}

async function writePrices(tx: Transaction, prices: Plan['prices'], clock: Clock): Promise<void> {
  const from = new Date(clock.now());
  const endpointId = { in: [...prices.keys()] };
  if (prices.size === 0) return;
  await tx.priceVersion.updateMany({ where: { endpointId, until: null }, data: { until: from } });
  const rows = [...prices].map(([id, price]) => ({
    id: newId('price', clock),
    endpointId: id,
    from,
    ...price,
    tiers: JSON.parse(JSON.stringify(price.tiers)),
  }));
  for (const data of chunks(rows)) await tx.priceVersion.createMany({ data });
}

/** Few subjects are named one by one; a whole new market is `*`, which reads everything anew. */
function noteChanges(tx: Transaction, plan: Plan): void {
  const named = [
    ...subjects('provider', plan.providers),
    ...subjects('model', plan.models),
    ...subjects('endpoint', plan.endpoints),
    ...[...plan.prices.keys()].map((id) => `endpoint:${id}`),
  ];
  const all = named.length > 200 ? ['*'] : [...new Set(named)];
  for (const subject of all) tx.change(catalogTopic, subject);
}

function subjects(kind: string, { added, changed, removed }: Change<{ readonly id: string }>) {
  return [...[...added, ...changed].map((row) => row.id), ...removed].map((id) => `${kind}:${id}`);
}

function chunks<Item>(items: readonly Item[]): Item[][] {
  const count = Math.ceil(items.length / chunk);
  return Array.from({ length: count }, (_, index) =>
    items.slice(index * chunk, (index + 1) * chunk),
  );
}
