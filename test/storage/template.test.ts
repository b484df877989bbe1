import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Migration } from '../../src/storage/migrate.ts';
import { copyTemplate, keepTemplate } from '../../src/storage/template.ts';
import { freshFolder } from '../harness/databases.ts';

const migrations: Migration[] = [{ name: '1_first', sql: 'SELECT 1', checksum: 'a' }];
const edited: Migration[] = [{ name: '1_first', sql: 'SELECT 2', checksum: 'b' }];

describe('the database that new embedded ones are copied from', () => {
  let folder: string;
  let files: string;
  beforeEach(async () => {
    folder = await freshFolder();
    files = join(folder, 'data', 'database');
    await mkdir(join(folder, 'data'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const templates = () => join(folder, 'templates');
  const keep = (said: string, of = migrations) =>
    keepTemplate(of, async (dataDir) => fill(join(dataDir, 'database'), said), templates());
  const copy = () => copyTemplate(files, migrations, templates());
  const read = () => readFile(join(files, 'base', '1'), 'utf8');

  test('is copied whole, and leaves nothing beside the copy', async () => {
    await keep('whole');
    await copy();
    expect(await read()).toBe('whole');
    expect(await readdir(join(folder, 'data'))).toEqual(['database']);
  });

  test('never takes the place of a database', async () => {
    await keep('template');
    await fill(files, 'mine');
    await copy();
    expect(await read()).toBe('mine');
  });

  test('is left alone when other migrations made it, and when there is none', async () => {
    await copy();
    await keep('edited', edited);
    await copy();
    expect(await readdir(join(folder, 'data'))).toEqual([]);
  });

  test('is copied anew after a start that was killed over it', async () => {
    await keep('whole');
    await fill(join(folder, 'data', 'database.copy'), 'half', '2');
    await copy();
    expect(await read()).toBe('whole');
    expect(await readdir(join(files, 'base'))).toEqual(['1']);
  });

  test('takes the place of an older one, and is not there when making it failed', async () => {
    await keep('older', edited);
    await keep('newer');
    expect(await readdir(templates())).toHaveLength(1);
    const failing = keepTemplate(
      migrations,
      async (dataDir) => {
        await fill(join(dataDir, 'database'), 'half');
        return Promise.reject(new Error('the disk is full'));
      },
      templates(),
    );
    await expect(failing).rejects.toThrow('the disk is full');
    await copy();
    expect(await readdir(join(folder, 'data'))).toEqual([]);
  });
});

async function fill(database: string, said: string, name = '1'): Promise<void> {
  await mkdir(join(database, 'base'), { recursive: true });
  await writeFile(join(database, 'base', name), said);
}
