import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '#kernel';
import { withSchemaEngine } from '../../prisma/schema-engine.ts';
import {
  connectionConfig,
  type DatabaseAddress,
  migrationLimits,
} from '../../src/storage/connections.ts';
import { demandMigrated, migrate, readMigrations } from '../../src/storage/migrate.ts';
import { type DatabaseKind, emptyDatabase, freshFolder } from '../harness/databases.ts';
import { recordingLog } from '../harness/recording-log.ts';

/** The same promises on every database. */
export function migrateSuite(kind: DatabaseKind): void {
  let address: DatabaseAddress;
  let drop: () => Promise<void>;
  let folder: string;

  beforeAll(async () => {
    ({ address, drop } = await emptyDatabase(kind));
  });
  afterAll(() => drop());
  beforeEach(async () => {
    await ask('DROP SCHEMA public CASCADE');
    await ask('CREATE SCHEMA public');
    folder = await freshFolder();
    await writeFile(join(folder, 'migration_lock.toml'), 'provider = "postgresql"\n');
    await migration('2_rows', 'INSERT INTO fruit VALUES (1); INSERT INTO fruit VALUES (2);');
    await migration('1_tables', 'CREATE TABLE fruit (n INT PRIMARY KEY);');
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function migration(name: string, sql: string): Promise<void> {
    await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, name, 'migration.sql'), sql);
  }

  const run = async (log = silentLog) => migrate(address, await readMigrations(folder), log);

  async function ask(sql: string): Promise<unknown[]> {
    const client = new pg.Client(connectionConfig(address, migrationLimits));
    await client.connect();
    const result = await client.query({ text: sql, rowMode: 'array' }).finally(() => client.end());
    return result.rows.flat();
  }

  describe('migrations', () => {
    test('are applied in the order of their names, once, and the log names them', async () => {
      const log = recordingLog();
      await run(log);
      await run(log);
      expect(await ask('SELECT n FROM fruit')).toEqual([1, 2]);
      expect(log.lines.map(({ fields }) => fields.migration)).toEqual(['1_tables', '2_rows']);
    });

    test('go on from where the database is', async () => {
      await run();
      await migration('3_more', 'INSERT INTO fruit VALUES (3);');
      await run();
      expect(await ask('SELECT n FROM fruit')).toEqual([1, 2, 3]);
    });

    test('are applied once by nodes that start at the same moment', async () => {
      await migration('3_count', 'INSERT INTO fruit SELECT 100 + count(*) FROM fruit;');
      await Promise.all([run(), run(), run()]);
      expect(await ask('SELECT n FROM fruit')).toEqual([1, 2, 102]);
      expect(await ask('SELECT count(*)::int FROM _prisma_migrations')).toEqual([3]);
    });

    test('that fail are named and leave nothing; those before them stay', async () => {
      await migration('3_wrong', 'INSERT INTO fruit VALUES (3); INSERT INTO fruit VALUES (1);');
      await expect(run()).rejects.toMatchObject({
        code: 'INTERNAL',
        public: expect.stringMatching(
          /Migration 3_wrong failed and was rolled back: duplicate key/,
        ),
      });
      expect(await ask('SELECT n FROM fruit')).toEqual([1, 2]);
      await migration('3_wrong', 'INSERT INTO fruit VALUES (3);');
      await run();
      expect(await ask('SELECT n FROM fruit')).toEqual([1, 2, 3]);
    });

    test('that were edited after they were applied stop the start', async () => {
      await run();
      await migration('1_tables', 'CREATE TABLE fruit (n BIGINT PRIMARY KEY);');
      await migration('3_more', 'INSERT INTO fruit VALUES (3);');
      await expect(run()).rejects.toMatchObject({
        code: 'CONFLICT',
        public: expect.stringContaining('Migration 1_tables has been changed'),
      });
      expect(await ask('SELECT n FROM fruit')).toEqual([1, 2]);
    });

    test('of another release are refused by who looks on, and nothing is changed', async () => {
      const look = async () => demandMigrated(address, await readMigrations(folder));
      const refused = (why: string) => ({ code: 'CONFLICT', public: expect.stringContaining(why) });
      await expect(look()).rejects.toMatchObject(refused('1_tables has not been applied'));
      expect(await ask(`SELECT to_regclass('_prisma_migrations')`)).toEqual([null]);
      await run();
      await look();
      await migration('3_more', 'INSERT INTO fruit VALUES (3);');
      await expect(look()).rejects.toMatchObject(refused('3_more has not been applied'));
      expect(await ask('SELECT n FROM fruit')).toEqual([1, 2]);
      await run();
      await rm(join(folder, '3_more'), { recursive: true });
      await expect(look()).rejects.toMatchObject(refused('3_more, which is not known here'));
    });

    test("that Prisma's command line began and did not finish are refused", async () => {
      await run();
      await ask(`UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '2_rows'`);
      await expect(run()).rejects.toMatchObject({
        code: 'CONFLICT',
        public: expect.stringContaining('Migration 2_rows'),
      });
      await ask('UPDATE _prisma_migrations SET rolled_back_at = now() WHERE finished_at IS NULL');
      await ask('DELETE FROM fruit');
      await run();
      expect(await ask('SELECT n FROM fruit')).toEqual([1, 2]);
    });

    test("are recorded so that Prisma's own engine finds nothing wrong", async () => {
      await run();
      const found = await diagnose();
      expect(found).toMatchObject({
        history: null,
        failedMigrationNames: [],
        editedMigrationNames: [],
        hasMigrationsTable: true,
      });
      await migration('1_tables', 'CREATE TABLE fruit (n BIGINT PRIMARY KEY);');
      expect((await diagnose()).editedMigrationNames).toEqual(['1_tables']);
    });
  });

  async function diagnose() {
    const directories = (await readMigrations(folder)).map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value: sql } },
    }));
    return withSchemaEngine(connectionConfig(address, migrationLimits), (engine) =>
      engine.diagnoseMigrationHistory({
        migrationsList: {
          baseDir: folder,
          lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"' },
          shadowDbInitScript: '',
          migrationDirectories: directories,
        },
        optInToShadowDatabase: false,
        filters: { externalTables: [], externalEnums: [] },
      }),
    );
  }
}
