import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeFolder } from '../../src/credits/journal/folder.ts';
import { freshFolder } from '../harness/databases.ts';

let folder: string;
beforeEach(async () => {
  folder = await freshFolder();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a folder is one process’s alone, and keeps its name', async () => {
  const first = await takeFolder(folder);
  await expect(takeFolder(folder)).rejects.toMatchObject({ code: 'CONFLICT' });
  first.release();
  const second = await takeFolder(folder);
  expect(second.node).toBe(first.node);
  second.release();
});

test('one that is broken is not called taken', async () => {
  await writeFile(join(folder, 'lock.db'), 'x'.repeat(100));
  await expect(takeFolder(folder)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    public: expect.stringContaining('file is not a database'),
  });
  await rm(join(folder, 'lock.db'));
  await mkdir(join(folder, 'node'));
  await expect(takeFolder(folder)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});
