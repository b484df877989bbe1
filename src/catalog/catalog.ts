import { readFile } from 'node:fs/promises';
import type { Clock, Log } from '#kernel';
import { isLockTimeout, type Storage } from '#storage';
import { type AccessOptions, openAccess } from './access.ts';
import {
  type AdministrationOptions,
  type CatalogAdministration,
  openAdministration,
} from './administration.ts';
import { type Access, buildMarket, isConfigured } from './build.ts';
import { desiredOf } from './desired.ts';
import { type CatalogHistory, openHistory } from './history.ts';
import { type Incidents, openIncidents } from './incidents.ts';
import { listLocalModels, localProvider, localRows } from './local-server.ts';
import type { Market } from './market.ts';
import { isEmpty, reconcile } from './reconcile.ts';
import { openRefusals, type Refusals } from './refusals.ts';
import { allStale, noRows, type Rows, readRows, type Stale, together } from './rows.ts';
import { sandboxSnapshot } from './sandbox.ts';
import { readSnapshot, type Snapshot } from './snapshot.ts';
import { isEmptyMarket, lockedPicture, pictureOf, tell } from './telling.ts';
import { catalogTopic, writePlan } from './write-plan.ts';

export interface Catalog {
  /** Stops asking the local model server, and looking for refusals that are old. */
  close(): void;
  /** The market as it is now: one object until something changes. */
  market(): Market;
  /** For what no table tells: the sandbox has started, a variable of the environment is another. */
  rebuild(): void;
  readonly administration: CatalogAdministration;
  /** What changed. */
  readonly history: CatalogHistory;
  /** What nodes find out about endpoints. */
  readonly incidents: Incidents;
  /** What endpoints were seen to refuse. */
  readonly refusals: Refusals;
}

export interface CatalogOptions
  extends AccessOptions,
    Pick<AdministrationOptions, 'storage' | 'clock' | 'seal'> {
  /** Default: the catalog that is shipped. */
  readonly shipped?: Snapshot;
  /** The address of a model server of one's own (OLLAMA_BASE_URL) and how to ask it. */
  readonly local?: { readonly url: string; readonly fetch: typeof fetch } | null;
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
  const access = openAccess(options);
  const current = new Current(access);
  storage.changes.on(catalogTopic, (subjects) => current.reread(storage, staleOf(subjects)));
  await current.reread(storage, allStale);
  const shipped = options.shipped ?? (await readShipped());
  if (differs(current.rows, shipped)) {
    await importSnapshot(options, shipped);
    current.rebuild(); // what is wrong with the environment was only logged when the change came
  }
  const market = () => current.market;
  const writing = { ...options, market, isConfigured: isConfigured(access) };
  const local = options.local && followLocal({ ...options.local, ...options, current });
  await local?.asked;
  const refusals = openRefusals(writing);
  return {
    market,
    close() {
      local?.close();
      refusals.close();
    },
    rebuild: () => current.rebuild(),
    administration: openAdministration(writing),
    history: await openHistory(storage),
    incidents: openIncidents(writing),
    refusals,
  };
}

const desiredFrom = (snapshot: Snapshot) => desiredOf(snapshot, sandboxSnapshot);

const differs = (rows: Rows, snapshot: Snapshot) =>
  !isEmpty(reconcile(rows, desiredFrom(snapshot)));

/** The first import writes thousands of rows; a small machine under load needs its time for it. */
const importTimeoutMs = 120_000;

interface Importing {
  readonly storage: Storage;
  readonly clock: Clock;
}

/**
 * Makes the tables hold a snapshot (and the built-in simulations). Read and written in one
 * transaction under one lock: two nodes that start at once import once, and the second waits for
 * the first. Returns whether anything was different. What differs is told; that an empty market was
 * filled is no news.
 */
export async function importSnapshot(world: Importing, snapshot: Snapshot): Promise<boolean> {
  const untilMs = world.clock.monotonic() + importTimeoutMs;
  for (;;) {
    try {
      return await importNow(world, snapshot);
    } catch (thrown) {
      if (!isLockTimeout(thrown) || world.clock.monotonic() > untilMs) throw thrown;
    }
  }
}

async function importNow({ storage, clock }: Importing, snapshot: Snapshot): Promise<boolean> {
  const desired = desiredFrom(snapshot);
  return storage.write(
    async (tx) => {
      const before = await lockedPicture(tx, allStale);
      const plan = reconcile(before.rows, desired);
      if (isEmpty(plan)) return false;
      await writePlan(tx, plan, clock);
      if (isEmptyMarket(before.rows)) return true;
      const after = await pictureOf(tx, allStale);
      await tell(tx, { before, after, isConfigured: accessIsNoMatter, clock });
      return true;
    },
    { timeoutMs: importTimeoutMs },
  );
}

/** A snapshot gives and takes no credential. */
const accessIsNoMatter = () => true;

/** The rows in memory and the market made of them; replaced together. */
class Current {
  readonly #access: Access;
  #rows: Rows = noRows;
  #version = 0;
  #last: Promise<void> = Promise.resolve();
  #local: Rows = noRows;
  #market: Market;

  constructor(access: Access) {
    this.#access = access;
    this.#market = buildMarket(noRows, access, 0);
  }

  get market(): Market {
    return this.#market;
  }

  /** What the tables held when they were last read. */
  get rows(): Rows {
    return this.#rows;
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

  /** What no table holds: the models of a server of one's own. */
  setLocal(rows: Rows): void {
    this.#local = rows;
    this.rebuild();
  }

  rebuild(): void {
    this.#version += 1;
    this.#market = buildMarket(together(this.#rows, this.#local), this.#access, this.#version);
  }
}

/** How often the local server is asked what it has: a model that was pulled is there soon. */
const localPeriodMs = 10_000;
const localTimeoutMs = 1_000;

interface LocalFollowing {
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly current: Current;
}

/** Keeps the local server's models in the market. While it does not answer, the last ones stay. */
function followLocal({ url, fetch, clock, log, current }: LocalFollowing) {
  let known = '';
  const ask = async () => {
    try {
      const models = await listLocalModels(url, fetch, AbortSignal.timeout(localTimeoutMs));
      const text = JSON.stringify(models);
      if (text !== known) current.setLocal(localRows(url, models, new Date(clock.now())));
      known = text;
    } catch (error) {
      log.debug('The local model server was asked in vain.', { provider: localProvider, error });
    }
  };
  const timer = clock.every(localPeriodMs, ask);
  return { asked: ask(), close: () => timer.cancel() };
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
