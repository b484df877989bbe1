import type { Clock } from '#kernel';
import type { Transaction } from '#storage';
import { differencesOf, type IsConfigured, type Picture } from './differences.ts';
import { noRows, type Rows, readRows, type Stale } from './rows.ts';

/** The topic under which nodes hear that `catalog_change` has new rows. */
export const historyTopic = 'catalog-history';

/** Rows that one statement inserts: PostgreSQL takes 65,535 parameters at most. */
const chunk = 100;

/**
 * The lock under which the market is written, on all nodes: the ASCII codes of "catalog". What is
 * told of a change is then of this change alone, and its number is taken in the order of commits:
 * who has read on from a number has missed nothing before it.
 */
export const catalogLock = 0x636174616c6f67n;

export interface Telling {
  /** What `run` is about. */
  readonly stale: Stale;
  readonly isConfigured: IsConfigured;
  readonly clock: Clock;
}

/** Changes tables of the market and writes down, in the same transaction, what changed of them. */
export async function told<Result>(
  tx: Transaction,
  { stale, isConfigured, clock }: Telling,
  run: (before: Picture) => Promise<Result>,
): Promise<Result> {
  const before = await lockedPicture(tx, stale);
  const result = await run(before);
  await tell(tx, { before, after: await pictureOf(tx, stale), isConfigured, clock });
  return result;
}

/** The tables as they are, and as nobody else changes them before the transaction ends. */
export async function lockedPicture(tx: Transaction, stale: Stale): Promise<Picture> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${catalogLock})`;
  return pictureOf(tx, stale);
}

export async function pictureOf(tx: Transaction, stale: Stale): Promise<Picture> {
  const { endpoints } = stale;
  const where = endpoints === 'all' ? {} : { endpointId: { in: [...endpoints] } };
  const incidents = await tx.endpointIncident.findMany({ where });
  const rows = await readRows(tx, noRows, stale);
  return { rows, incidents: new Map(incidents.map((one) => [one.endpointId, one])) };
}

interface Told {
  readonly before: Picture;
  readonly after: Picture;
  readonly isConfigured: IsConfigured;
  readonly clock: Clock;
}

export async function tell(tx: Transaction, told: Told): Promise<void> {
  const { before, after, isConfigured, clock } = told;
  const at = new Date(clock.now());
  const news = differencesOf(before, after, isConfigured).map((one) => ({ at, ...one }));
  for (let start = 0; start < news.length; start += chunk) {
    await tx.catalogChange.createMany({ data: news.slice(start, start + chunk) });
  }
  if (news.length > 0) tx.change(historyTopic, '*');
}

export const isEmptyMarket = ({ endpoints, models, providers }: Rows): boolean =>
  endpoints.size + models.size + providers.size === 0;
