import type { Desired, DesiredEndpoint, DesiredModel, DesiredProvider } from './desired.ts';
import { basePrices } from './pricing.ts';
import type { EndpointRow, ModelRow, PriceRow, ProviderRow, Rows } from './rows.ts';
import { readTiers, writeTiers } from './tiers.ts';

/** What an import has to write so that the tables hold a snapshot. Nothing is ever deleted. */
export interface Plan {
  readonly providers: Change<DesiredProvider>;
  readonly models: Change<DesiredModel>;
  readonly endpoints: Change<DesiredEndpoint['row']>;
  /** Endpoints whose price in force ends now (where there is one) and is followed by this one. */
  readonly prices: ReadonlyMap<string, DesiredEndpoint['price']>;
}

export interface Change<Row> {
  readonly added: readonly Row[];
  /** Rows that differ, or come back after they were removed. */
  readonly changed: readonly Row[];
  /** Ids of what is no longer there. */
  readonly removed: readonly string[];
}

/**
 * Compares the tables with a snapshot.
 *
 * What an administrator wrote (`curated`) stays. Of two statements about a price the later one
 * holds, so a shipped file never takes back what a refresh found after it was made; for the same
 * reason a file removes only endpoints that were last checked before it, and brings back only what
 * was removed before it.
 */
export function reconcile(rows: Rows, desired: Desired): Plan {
  const madeAt = new Date(`${desired.asOf}T00:00:00Z`);
  const endpoints = planEndpoints(rows, desired, madeAt);
  const kept = keptBy(rows, desired, new Set(endpoints.removed));
  const prices = new Map(
    [...desired.endpoints]
      .filter(([id, { price }]) => {
        const row = rows.endpoints.get(id);
        return !row || (!row.curated && supersedes(price, rows.prices.get(id)));
      })
      .map(([id, { price }]) => [id, price]),
  );
  return {
    providers: compare(rows.providers, desired.providers, { madeAt, kept: kept.providers }),
    models: compare(rows.models, desired.models, { madeAt, kept: kept.models }),
    endpoints,
    prices,
  };
}

export const isEmpty = ({ providers, models, endpoints, prices }: Plan): boolean =>
  prices.size === 0 &&
  [providers, models, endpoints].every(
    ({ added, changed, removed }) => added.length + changed.length + removed.length === 0,
  );

function planEndpoints(rows: Rows, desired: Desired, madeAt: Date): Change<DesiredEndpoint['row']> {
  const wanted = new Map([...desired.endpoints].map(([id, { row }]) => [id, row]));
  const newer = [...rows.prices.values()].filter((price) => isNewer(price, madeAt));
  const kept = new Set(newer.map((price) => price.endpointId));
  const change = compare(rows.endpoints, wanted, { madeAt, kept });
  const outdated = ({ id }: { readonly id: string }) => {
    const said = desired.endpoints.get(id)?.price.checkedAt ?? madeAt;
    return isNewer(rows.prices.get(id), said);
  };
  return { ...change, changed: change.changed.filter((row) => !outdated(row)) };
}

/** Models and providers that an endpoint needs which stays, although no snapshot has it. */
function keptBy(rows: Rows, desired: Desired, removed: ReadonlySet<string>) {
  const staying = [...rows.endpoints.values()].filter(
    (row) => row.removedAt === null && !removed.has(row.id) && !desired.endpoints.has(row.id),
  );
  return {
    models: new Set(staying.map((row) => row.modelId)),
    providers: new Set(staying.map((row) => row.providerId)),
  };
}

type Stored = ProviderRow | ModelRow | EndpointRow;

function compare<Row extends { readonly id: string }>(
  stored: ReadonlyMap<string, Stored>,
  wanted: ReadonlyMap<string, Row>,
  { madeAt, kept }: { madeAt: Date; kept: ReadonlySet<string> },
): Change<Row> {
  const free = [...wanted.values()].filter((row) => !stored.get(row.id)?.curated);
  const gone = [...stored.values()].filter(
    (row) => !wanted.has(row.id) && !row.curated && row.removedAt === null && !kept.has(row.id),
  );
  return {
    added: free.filter((row) => !stored.has(row.id)),
    changed: free.filter((row) => {
      const old = stored.get(row.id);
      if (!old || (old.removedAt !== null && old.removedAt >= madeAt)) return false;
      return old.removedAt !== null || !holds(old, row);
    }),
    removed: gone.map((row) => row.id),
  };
}

/** Whether the stored row already says what the wanted one says. */
function holds(stored: object, wanted: object): boolean {
  const values = new Map(Object.entries(stored));
  return Object.entries(wanted).every(([key, value]) => textOf(values.get(key)) === textOf(value));
}

function supersedes(price: DesiredEndpoint['price'], inForce: PriceRow | undefined): boolean {
  if (!inForce) return true;
  return !isNewer(inForce, price.checkedAt) && priceText(price) !== priceText(inForce);
}

/** Whether the price in force was checked after that. */
const isNewer = (inForce: PriceRow | undefined, at: Date): boolean =>
  inForce?.checkedAt != null && inForce.checkedAt > at;

/**
 * All that is charged by, as one text: where it is from and when it was checked is no change of
 * price.
 */
function priceText(price: Omit<PriceRow, 'id' | 'endpointId' | 'from'>): string {
  return textOf([basePrices(price), ...writeTiers(readTiers(price.tiers))]);
}

const textOf = (value: unknown) =>
  JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? `${part}` : part)) ?? '';
