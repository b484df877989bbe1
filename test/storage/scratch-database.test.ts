import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { expect, it } from 'vitest';
import { withScratchDatabase } from '../../prisma/scratch-database.ts';
import { freshFolder } from '../harness/databases.ts';

// To make a database takes as long as a hook may.
it('a new migration is compared with the former ones', { timeout: 120_000 }, async () => {
  const folder = await freshFolder();
  await mkdir(join(folder, '20260101000000_one'));
  await writeFile(join(folder, '20260101000000_one', 'migration.sql'), 'CREATE TABLE one ();');
  const made = await withScratchDatabase(folder, async (connection) => {
    const client = new pg.Client(connection);
    await client.connect();
    const { rows } = await client.query(`SELECT to_regclass('one') AS made`);
    await client.end();
    return rows;
  });
  await rm(folder, { recursive: true });
  expect(made).toEqual([{ made: 'one' }]);
});
