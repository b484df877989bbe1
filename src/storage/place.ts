import { type Clock, hourMs, type Log, type Secret } from '#kernel';
import type { DatabaseAddress } from './connections.ts';
import { notedFolder, takeDataDirectory } from './data-directory.ts';
import { startEmbedded } from './embedded.ts';
import type { Migration } from './migrate.ts';
import { copyTemplate } from './template.ts';

/** A database, running or just started. */
export interface Place {
  readonly address: DatabaseAddress;
  /** Resolves when it takes connections. @throws Fault INTERNAL when it does not come up. */
  readonly listening: Promise<void>;
  /** Ends what was started for it. */
  release(): Promise<void>;
}

export interface PlaceOptions {
  /** A PostgreSQL 15+ server; without it the database is embedded in `dataDir`. */
  databaseUrl?: Secret | null;
  dataDir: string;
  clock: Clock;
  log: Log;
  /** What an embedded database made anew may have already. */
  migrations: readonly Migration[];
  /**
   * For a process that looks on: when another has `dataDir`, go to that one's database instead of
   * being refused; the tables stay as they are.
   */
  join?: boolean;
}

/**
 * The server, or the embedded database started in its directory.
 *
 * @throws Fault CONFLICT when another process has the directory, INVALID_INPUT when it cannot be
 * used.
 */
export async function findDatabase(options: PlaceOptions): Promise<Place> {
  const { databaseUrl, dataDir, join = false } = options;
  if (databaseUrl) return borrowed({ url: databaseUrl.reveal() });
  try {
    return await embeddedIn(options);
  } catch (refusal) {
    const socketFolder = join ? await notedFolder(dataDir) : null;
    if (socketFolder === null) throw refusal;
    return borrowed({ socketFolder });
  }
}

async function embeddedIn({ dataDir, migrations, clock, log }: PlaceOptions): Promise<Place> {
  const directory = await takeDataDirectory(dataDir);
  const { socketFolder, database: files, copy } = directory;
  try {
    await copyTemplate(files, migrations);
    const database = startEmbedded({ files, socketFolder, clock, log });
    const copying = clock.every(hourMs, () => database.copyTo(copy));
    const release = async () => {
      copying.cancel();
      await database.close();
      await directory.release();
    };
    return { address: { socketFolder }, listening: database.listening, release };
  } catch (error) {
    await directory.release();
    throw error;
  }
}

const borrowed = (address: DatabaseAddress): Place => ({
  address,
  listening: Promise.resolve(),
  async release() {},
});
