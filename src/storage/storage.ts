import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { type Clock, Fault, hourMs, type Log, sleep } from '#kernel';
import { ChangeLog, type Changes, type Transaction, type WriteOptions } from './changes.ts';
import {
  type ConnectionLimits,
  type DatabaseAddress,
  exactTypes,
  poolConfig,
  usualLimits,
} from './connections.ts';
import { pastDeadlocks } from './deadlock.ts';
import { PrismaClient } from './generated/prisma/client.ts';
import { demandMigrated, type Migration, migrate, readMigrations } from './migrate.ts';
import { asFault } from './outage.ts';
import { findDatabase, type Place, type PlaceOptions } from './place.ts';
import { keepTemplate } from './template.ts';

/** The open database. */
export interface Storage {
  readonly kind: 'embedded' | 'server';
  /** For reads and for what is not money. @throws Fault UNAVAILABLE as `query` */
  readonly prisma: PrismaClient;
  /**
   * One statement, committed when it resolves: what the functions of money are called with. BIGINT
   * and whole NUMERIC arrive as bigint. It has connections of its own, so that a page of usage
   * never keeps a lease from its renewal.
   *
   * @throws Fault UNAVAILABLE when the database did not answer, and whether the statement took
   * effect is unknown, or cannot do it now (it is read-only, full, or busy). What else it refused
   * comes as the driver's error with its SQLSTATE in `code`.
   */
  query<T extends object>(sql: string, parameters?: readonly unknown[]): Promise<T[]>;
  /**
   * One transaction of several statements, not for money (rows stay locked between its statements).
   * What `tx.change` noted is published with the commit and applied here before this resolves. Ten
   * seconds at most, unless `timeoutMs` says otherwise. Inside of `act` wait for statements of `tx`
   * alone: the embedded database serves nobody else until the transaction has ended, so one that
   * waits for `query` or `prisma` waits for itself, until it is rolled back after five seconds.
   *
   * @throws Fault UNAVAILABLE as `query`, else what `act` threw; then nothing was written.
   */
  write<T>(act: (tx: Transaction) => Promise<T>, options?: WriteOptions): Promise<T>;
  readonly changes: Changes;
  /** Resolves when the database answers, within a second. @throws Fault UNAVAILABLE */
  ready(): Promise<void>;
  close(): Promise<void>;
}

export interface StorageOptions extends Omit<PlaceOptions, 'migrations'> {
  /** Default 5 s; 0 lets a statement run, for those who read everything. */
  statementTimeoutMs?: number;
}

/** prisma/migrations of this checkout. */
export const migrationsFolder = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));

/**
 * Opens the database, creating the embedded one on its first start, and brings it up to the
 * migrations; who joins is refused one that is not.
 *
 * @throws Fault CONFLICT when another process has `dataDir`, an applied migration was edited, or
 * who joins finds the database of another release; UNAVAILABLE when the server does not answer;
 * INTERNAL when the embedded database or a migration fails.
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const { opened } = await startStorage(options);
  return opened;
}

/**
 * As `openStorage`, but resolves as soon as the embedded database's thread runs, for those who have
 * work of their own until it answers.
 */
export async function startStorage(
  options: StorageOptions,
): Promise<{ readonly opened: Promise<Storage> }> {
  const migrations = await readMigrations(migrationsFolder);
  const place = await findDatabase({ ...options, migrations });
  const opened = storageAt(place, migrations, options);
  opened.catch(() => {}); // who waits for it hears of it
  return { opened };
}

/**
 * Makes the database that new embedded ones begin as a copy of, with what `fill` writes into it.
 *
 * @throws Fault as `openStorage`.
 */
export async function prepareStorage(
  world: { clock: Clock; log: Log },
  fill: (storage: Storage) => Promise<void>,
): Promise<void> {
  await keepTemplate(await readMigrations(migrationsFolder), async (dataDir) => {
    const storage = await openStorage({ dataDir, ...world });
    await fill(storage);
    await storage.close();
  });
}

/** As `openStorage`, over a database that was started; gives `place` back also when it fails. */
async function storageAt(
  place: Place,
  migrations: readonly Migration[],
  options: { clock: Clock; log: Log; statementTimeoutMs?: number; join?: boolean },
): Promise<Storage> {
  const { clock, log, join = false } = options;
  const statementMs = options.statementTimeoutMs ?? usualLimits.statementMs;
  const { prisma, pool } = connect(place.address, { ...usualLimits, statementMs }, log);
  const closeAll = async () => {
    await Promise.all([prisma.$disconnect(), pool.end()]);
    await place.release();
  };
  try {
    await place.listening;
    await (join
      ? demandMigrated(place.address, migrations)
      : migrate(place.address, migrations, log));
    const changes = await ChangeLog.open(prisma, log);
    const kind = 'url' in place.address ? 'server' : 'embedded';
    return { kind, ...assemble({ prisma, pool, changes, clock, log, closeAll }) };
  } catch (error) {
    await closeAll();
    throw asFault(error);
  }
}

function connect(address: DatabaseAddress, limits: ConnectionLimits, log: Log) {
  // An idle connection that breaks says so outside of any statement. The pool replaces it; unheard
  // it ends the process.
  const lost = (error: Error) => log.warn('a database connection was lost', { error });
  const config = poolConfig(address, limits);
  const adapter = new PrismaPg(config, { onPoolError: lost, onConnectionError: lost });
  const pool = new pg.Pool({ ...config, types: exactTypes });
  pool.on('error', lost);
  return { prisma: withFaults(new PrismaClient({ adapter, errorFormat: 'minimal' })), pool };
}

/** Each operation fails as a fault where the database is the reason. */
function withFaults(prisma: PrismaClient): PrismaClient {
  const asFaults = {
    $allOperations: <Arguments>(operation: {
      args: Arguments;
      query: (args: Arguments) => Promise<unknown>;
    }) =>
      operation.query(operation.args).catch((error) => {
        throw asFault(error);
      }),
  };
  // The cast, because an extended client has no `$on`, which nobody uses.
  return prisma.$extends({ query: asFaults }) as unknown as PrismaClient;
}

function assemble(parts: {
  prisma: PrismaClient;
  pool: pg.Pool;
  changes: ChangeLog;
  clock: Clock;
  log: Log;
  closeAll: () => Promise<void>;
}): Omit<Storage, 'kind'> {
  const { prisma, pool, changes, clock, log, closeAll } = parts;
  const pruning = clock.every(hourMs, () => {
    changes.prune().catch((error) => log.warn('old changes could not be pruned', { error }));
  });
  const query: Storage['query'] = async (sql, parameters = []) => {
    const run = () => pool.query(sql, [...parameters]);
    const result = await pastDeadlocks(run).catch((error) => {
      throw asFault(error);
    });
    return result.rows;
  };
  return {
    prisma,
    query,
    write: (act, how) => changes.write(act, how),
    changes,
    ready: () => within(clock, readyMs, query('SELECT 1')),
    async close() {
      pruning.cancel();
      await closeAll();
    },
  };
}

const readyMs = 1_000;

async function within(clock: Clock, ms: number, answer: Promise<unknown>): Promise<void> {
  const answered = new AbortController();
  const silence = sleep(clock, ms, answered.signal).then(() => {
    throw new Fault('UNAVAILABLE', { public: `The database has not answered for ${ms} ms.` });
  });
  try {
    await Promise.race([answer, silence]);
  } finally {
    answered.abort();
  }
}
