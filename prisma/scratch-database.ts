import type pg from 'pg';
import { systemClock as clock, silentLog } from '#kernel';
import { connectionConfig, migrationLimits } from '../src/storage/connections.ts';
import { privateFolder, removeSocketFolder } from '../src/storage/data-directory.ts';
import { startEmbedded } from '../src/storage/embedded.ts';
import { migrate, readMigrations } from '../src/storage/migrate.ts';

/** A database in memory with all migrations of `folder` applied, for as long as `use` takes. */
export async function withScratchDatabase<T>(
  folder: string,
  use: (connection: pg.PoolConfig) => Promise<T>,
): Promise<T> {
  const socketFolder = await privateFolder();
  const database = startEmbedded({ files: null, socketFolder, clock, log: silentLog });
  try {
    await database.listening;
    await migrate({ socketFolder }, await readMigrations(folder), silentLog);
    return await use(connectionConfig({ socketFolder }, migrationLimits));
  } finally {
    await database.close();
    await removeSocketFolder(socketFolder);
  }
}
