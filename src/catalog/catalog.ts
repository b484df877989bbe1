import { readFile } from 'node:fs/promises';
import type { Clock } from '#kernel';
import type { Storage } from '#storage';
import { type AccessOptions, openAccess } from './access.ts';
import {
  type AdministrationOptions,
  type CatalogAdministration,
  openAdministration,
} from './administration.ts';
import { type Access, buildMarket } from './build.ts';
import { desiredOf } from './desired.ts';
import type { Market } from './market.ts';
import { isEmpty, reconcile } from './reconcile.ts';
import { allStale, noRows, type Rows, readRows, type Stale } from './rows.ts';
import { sandboxSnapshot } from './sandbox.ts';
import { readSnapshot, type Snapshot } from './snapshot.ts';
import { catalogTopic, writePlan } from './write-plan.ts';

export interface Catalog {
  /** The market as it is now: one object until something changes. */
  market(): Market;
  /** For what no table tells: the sandbox has started, a variable of the environment is another. */
  rebuild(): void;
  readonly administration: CatalogAdministration;
}

export interface CatalogOptions
  extends AccessOptions,
    Pick<AdministrationOptions, 'storage' | 'clock' | 'seal'> {
  /** Default: the catalog that is shipped. */
  readonly shipped?: Snapshot;
}

const shippedFile = new URL('../../prisma/catalog/market.json', import.meta.url);

export const readShipped = async (): Promise<Snapshot> =>
  readSnapshot(await readFile(shippedFile, 'utf8'));

/**
 * Brings the tables up to the shipped snapshot, reads them, and from then on keeps a market in
 * memory that follows every change, wherever it is made.
 */
export async function openCatalog(options: CatalogOptions): Promise<Catalog> {
  const { storage } = options;
  const shipped = options.shipped ?? (await readShipped());
  await importSnapshot(options, shipped);
  const current = new Current(openAccess(options));
  storage.changes.on(catalogTopic, (subjects) => current.reread(storage, staleOf(subjects)));
  await current.reread(storage, allStale);
  const market = () => current.market;
  return {
    market,
    rebuild: () => current.rebuild(),
    administration: openAdministration({ ...options, market }),
  };
}

/**
 * The lock under which imports run one after the other, on all nodes: the ASCII codes of "catalog".
 */
const importLock = 0x636174616c6f67n;

/**
 * Makes the tables hold a snapshot (and the built-in simulations). Read and written in one
 * transaction under one lock: two nodes that start at once import once. Returns whether anything
 * was different.
 */
export async function importSnapshot(
  { storage, clock }: { readonly storage: Storage; readonly clock: Clock },
  snapshot: Snapshot,
): Promise<boolean> {
  const desired = desiredOf(snapshot, sandboxSnapshot);
  return storage.write(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(${importLock})`;
    const plan = reconcile(await readRows(tx, noRows, allStale), desired);
    if (isEmpty(plan)) return false;
    await writePlan(tx, plan, clock);
    return true;
  });
}

/** The rows in memory and the market made of them; replaced together. */
class Current {
  readonly #access: Access;
  #rows: Rows = noRows;
  #version = 0;
  #last: Promise<void> = Promise.resolve();
  #market: Market;

  constructor(access: Access) {
    this.#access = access;
    this.#market = buildMarket(noRows, access, 0);
  }

  get market(): Market {
    return this.#market;
  }

  /**
   * One reading at a time: an earlier one that ends late would put back what a later one replaced.
   */
  reread({ prisma }: Storage, stale: Stale): Promise<void> {
    const next = this.#last.then(async () => {
      this.#rows = await readRows(prisma, this.#rows, stale);
      this.rebuild();
    });
    this.#last = next.catch(() => {});
    return next;
  }

  rebuild(): void {
    this.#version += 1;
    this.#market = buildMarket(this.#rows, this.#access, this.#version);
  }
}

/** The rows behind changed subjects, as `model:<id>`; `*` is everything. */
function staleOf(subjects: readonly string[]): Stale {
  if (subjects.includes('*')) return allStale;
  const ids = (kind: string) =>
    subjects.flatMap((subject) =>
      subject.startsWith(`${kind}:`) ? [subject.slice(kind.length + 1)] : [],
    );
  return { providers: ids('provider'), models: ids('model'), endpoints: ids('endpoint') };
}
