import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '#kernel';
import { functionTexts } from '../../prisma/function-texts.ts';
import { differenceTo, readSchema, withSchemaEngine } from '../../prisma/schema-engine.ts';
import {
  connectionConfig,
  type DatabaseAddress,
  migrationLimits,
} from '../../src/storage/connections.ts';
import { migrate, readMigrations } from '../../src/storage/migrate.ts';
import { migrationsFolder } from '../../src/storage/storage.ts';
import { type DatabaseKind, emptyDatabase } from '../harness/databases.ts';
import { handwritten } from './handwritten.ts';

/** The same promises on every database. */
export function schemaSuite(kind: DatabaseKind): void {
  let address: DatabaseAddress;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    ({ address, drop } = await emptyDatabase(kind));
    await migrate(address, await readMigrations(migrationsFolder), silentLog);
  });
  afterAll(() => drop());

  const difference = (schema: string) =>
    withSchemaEngine(connectionConfig(address, migrationLimits), (engine) =>
      differenceTo(schema, engine),
    );

  describe('the migrations', () => {
    test('make what schema.prisma says', async () => {
      expect(await difference(await readSchema())).toBe(null);
    });

    test('would be seen to differ by a column, an index or an enum value', async () => {
      const schema = await readSchema();
      const changed = schema
        .replace('slug              String         @unique', 'slug              String')
        .replace('  VIEWER\n', '  VIEWER\n  GUEST\n')
        .replace('model Clock {', 'model Clock {\n  zone String?');
      const sql = await difference(changed);
      expect(sql).toContain('DROP INDEX "organization_slug_key"');
      expect(sql).toContain(`ADD VALUE 'GUEST'`);
      expect(sql).toContain('ADD COLUMN     "zone" TEXT');
    });

    // After a deliberate change: npx vitest run test/storage/schema.test.ts --update
    test('make by hand exactly what handwritten.txt lists', async () => {
      const listing = await handwritten(connectionConfig(address, migrationLimits));
      await expect(listing).toMatchFileSnapshot('handwritten.txt');
    });

    test('make functions that are printed as the last migration made them', async () => {
      const migrations = [
        ...(await readMigrations(migrationsFolder)),
        { name: 'later', sql: '-- Seals it.\nCREATE OR REPLACE FUNCTION entry_id(p int)' },
      ];
      const connection = connectionConfig(address, migrationLimits);
      const [text, ...others] = await functionTexts(connection, migrations, ['entry_id']);
      expect(text).toMatch(
        /^-- later\n-- Seals it\.\nCREATE OR REPLACE FUNCTION public\.entry_id\(/,
      );
      expect(others).toEqual([]);
      const listed = (await handwritten(connection)).match(/^function /gm);
      expect(await functionTexts(connection, migrations)).toHaveLength(listed?.length ?? 0);
    });
  });
}
