import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { Fault, type Log } from '#kernel';
import {
  connectionConfig,
  type DatabaseAddress,
  migrationLimits,
  prepareConnection,
} from './connections.ts';

/** One folder of prisma/migrations. */
export interface Migration {
  name: string;
  sql: string;
  /** SHA-256 of the file in hexadecimal, as Prisma computes it. */
  checksum: string;
}

/** The migrations in `folder`, in the order of their names, which begin with their time. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/**
 * Brings the database up to `migrations` and keeps the record in Prisma's table and form, so that
 * Prisma's command line can go on from here. Each migration is one transaction together with its
 * record: it is there whole, or not at all. Nodes that start at once take turns, within that
 * transaction: a lock of the session would not part those who share the one session of the embedded
 * database.
 *
 * @throws Fault CONFLICT when an applied migration was edited since or never finished, INTERNAL
 * naming the migration that failed; the cause is the database's error.
 */
export async function migrate(
  address: DatabaseAddress,
  migrations: readonly Migration[],
  log: Log,
): Promise<void> {
  const client = new pg.Client(connectionConfig(address, migrationLimits));
  client.on('error', () => {}); // the statement under way is rejected with it
  await client.connect();
  try {
    await prepareConnection(client, migrationLimits);
    await client.query('SET client_min_messages = warning');
    for (;;) {
      const name = await inTransaction(client, () => applyNext(client, migrations));
      if (name === null) return;
      log.info('migrated the database', { migration: name });
    }
  } finally {
    await client.end();
  }
}

/**
 * For who only looks on: the database may be another release's, whose nodes are at work on it, and
 * stays as it is.
 *
 * @throws Fault CONFLICT when it is at other migrations than these.
 */
export async function demandMigrated(
  address: DatabaseAddress,
  migrations: readonly Migration[],
): Promise<void> {
  const client = new pg.Client(connectionConfig(address, migrationLimits));
  client.on('error', () => {}); // the statement under way is rejected with it
  await client.connect();
  try {
    await prepareConnection(client, migrationLimits);
    const { rows } = await client.query(`SELECT to_regclass('_prisma_migrations') AS record`);
    const applied = rows[0].record ? await readApplied(client) : new Map<string, Applied>();
    refuseEdited(applied, migrations);
    const missing = migrations.find(({ name }) => !applied.has(name));
    if (missing) {
      throw otherRelease(`Migration ${missing.name} has not been applied to this database.`);
    }
    const known = new Set(migrations.map(({ name }) => name));
    const unknown = [...applied.keys()].find((name) => !known.has(name));
    if (unknown !== undefined) {
      throw otherRelease(`This database has migration ${unknown}, which is not known here.`);
    }
  } finally {
    await client.end();
  }
}

/**
 * Applies the first migration that is not applied yet and gives its name; null when there is none.
 */
async function applyNext(
  client: pg.Client,
  migrations: readonly Migration[],
): Promise<string | null> {
  await client.query(`SELECT pg_advisory_xact_lock(${prismaLock})`);
  await client.query(recordTable);
  const applied = await readApplied(client);
  refuseEdited(applied, migrations);
  const next = migrations.find(({ name }) => !applied.has(name));
  if (!next) return null;
  await client.query(next.sql).catch((cause) => {
    throw failed(next.name, cause);
  });
  await client.query(
    `INSERT INTO _prisma_migrations
       (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
     VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`,
    [randomUUID(), next.checksum, next.name],
  );
  return next.name;
}

async function inTransaction<T>(client: pg.Client, act: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    const result = await act();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {}); // a lost connection has rolled back by itself
    throw error;
  }
}

/** The number that Prisma's schema engine locks (`ADVISORY_LOCK` in its PostgreSQL connector). */
const prismaLock = 72_707_369;

const recordTable = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                  VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum            VARCHAR(64) NOT NULL,
    finished_at         TIMESTAMPTZ,
    migration_name      VARCHAR(255) NOT NULL,
    logs                TEXT,
    rolled_back_at      TIMESTAMPTZ,
    started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0
  )`;

interface Applied {
  name: string;
  checksum: string;
  finished: boolean;
}

async function readApplied(client: pg.Client): Promise<Map<string, Applied>> {
  const { rows } = await client.query<Applied>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished
     FROM _prisma_migrations WHERE rolled_back_at IS NULL`,
  );
  return new Map(rows.map((row) => [row.name, row]));
}

function refuseEdited(applied: Map<string, Applied>, migrations: readonly Migration[]): void {
  for (const { name, checksum } of migrations) {
    const record = applied.get(name);
    if (record && !record.finished) {
      throw refused(`Migration ${name} was begun by Prisma's command line and has not finished.`);
    }
    if (record && record.checksum !== checksum) {
      throw refused(`Migration ${name} has been changed since this database applied it.`);
    }
  }
}

function refused(why: string): Fault {
  return new Fault('CONFLICT', {
    public: `${why} Restore the file, or start on another database.`,
    retryable: false,
  });
}

function otherRelease(why: string): Fault {
  return new Fault('CONFLICT', {
    public: `${why} Nothing was changed. Run this with the release that serves the database.`,
    retryable: false,
  });
}

function failed(name: string, cause: unknown): Fault {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const text = `Migration ${name} failed and was rolled back: ${reason}`;
  return new Fault('INTERNAL', { public: text, internal: text, cause, retryable: false });
}
