import { createHash } from 'node:crypto';
import { cpSync } from 'node:fs';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type Clock, type Log, Secret, silentLog, systemClock } from '#kernel';
import { openStorage, type Storage } from '#storage';
import type { DatabaseAddress } from '../../src/storage/connections.ts';
import { privateFolder, removeSocketFolder } from '../../src/storage/data-directory.ts';
import { startEmbedded } from '../../src/storage/embedded.ts';
import { readMigrations } from '../../src/storage/migrate.ts';
import { migrationsFolder } from '../../src/storage/storage.ts';
import { testDatabaseUrl } from './servers.ts';

/**
 * A suite that holds for both databases is a function of the kind in a file of its own;
 * `<name>.test.ts` calls it with `embedded`, `<name>.pg.test.ts` with `server`, so that it is left
 * out where no server answers.
 */
export type DatabaseKind = Storage['kind'];

export interface DatabaseOptions {
  clock?: Clock;
  log?: Log;
}

/** A database of the caller's own, migrated; `close` drops it. */
export function freshDatabase(
  kind: DatabaseKind,
  { clock = systemClock, log = silentLog }: DatabaseOptions = {},
): Promise<Storage> {
  return kind === 'server' ? onServer(clock, log) : inDirectory(clock, log);
}

/** A database of the caller's own without a table in it, at an address that takes connections. */
export async function emptyDatabase(
  kind: DatabaseKind,
): Promise<{ address: DatabaseAddress; drop(): Promise<void> }> {
  if (kind === 'server') {
    const { url, drop } = await serverDatabase();
    return { address: { url }, drop };
  }
  const socketFolder = await privateFolder();
  const database = startEmbedded({ files: null, socketFolder, clock: systemClock, log: silentLog });
  await database.listening;
  const drop = async () => {
    await database.close();
    await removeSocketFolder(socketFolder);
  };
  return { address: { socketFolder }, drop };
}

/** The address of an empty database of the caller's own on the server. */
export async function serverDatabase() {
  const name = `bourse_test_${crypto.randomUUID().replaceAll('-', '')}`;
  await atServer(`CREATE DATABASE ${name}`);
  const url = new URL(testDatabaseUrl);
  url.pathname = name;
  return { url: url.href, drop: () => atServer(`DROP DATABASE ${name} WITH (FORCE)`) };
}

/** A folder under the system's temporary one; the caller removes it. */
export const freshFolder = () => mkdtemp(join(tmpdir(), 'bourse-test-'));

async function onServer(clock: Clock, log: Log): Promise<Storage> {
  const { url, drop } = await serverDatabase();
  const databaseUrl = new Secret(url);
  return closingWith(await openStorage({ databaseUrl, dataDir: '', clock, log }), drop);
}

/** A data directory with a migrated database that nobody uses; the caller removes it. */
export async function freshDataDirectory(): Promise<string> {
  const dataDir = await freshFolder();
  // Twenty times as fast as its asynchronous sibling.
  cpSync(await template(), dataDir, { recursive: true });
  return dataDir;
}

async function inDirectory(clock: Clock, log: Log): Promise<Storage> {
  const dataDir = await freshDataDirectory();
  return closingWith(await openStorage({ dataDir, clock, log }), () =>
    rm(dataDir, { recursive: true, force: true }),
  );
}

const closingWith = (storage: Storage, drop: () => Promise<void>): Storage => ({
  ...storage,
  async close() {
    await storage.close();
    await drop();
  },
});

/**
 * A migrated data directory, made once and then copied: to create one takes seconds. Where there is
 * a folder already, the database of the install is not copied: it holds the shipped catalog.
 */
function template(): Promise<string> {
  return madeOnce('migrated and empty', async (dataDir) => {
    await mkdir(join(dataDir, 'database'));
    const made = await openStorage({ dataDir, clock: systemClock, log: silentLog });
    await made.close();
  });
}

/**
 * The folder that `make` filled: made once for each state of the migrations, whoever asks. Who is
 * second to finish throws its own away.
 */
export async function madeOnce(
  name: string,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const migrations = await readMigrations(migrationsFolder);
  const state = createHash('sha256')
    .update(JSON.stringify([name, migrations]))
    .digest('hex');
  const ready = join(tmpdir(), 'bourse-templates', state.slice(0, 16));
  const found = await access(ready).then(
    () => true,
    () => false,
  );
  if (found) return ready;
  const dataDir = await freshFolder();
  await make(dataDir);
  await mkdir(join(ready, '..'), { recursive: true });
  await rename(dataDir, ready).catch(() => rm(dataDir, { recursive: true, force: true }));
  return ready;
}

async function atServer(statement: string): Promise<void> {
  const client = new pg.Client(testDatabaseUrl);
  await client.connect();
  await client.query(statement).finally(() => client.end());
}
