import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { copyFiles } from '../../src/storage/hourly-copy.ts';
import { freshFolder } from '../harness/databases.ts';

let folder: string;
beforeEach(async () => {
  folder = await freshFolder();
  await mkdir(join(folder, 'database', 'base'), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = (text: string) => writeFile(join(folder, 'database', 'base', '1'), text);
const copied = () => readFile(join(folder, 'copy', 'base', '1'), 'utf8');
const copy = () => copyFiles(join(folder, 'database'), join(folder, 'copy'));

test('a copy takes the place of the one before, and nothing else is left', async () => {
  for (const text of ['first', 'second']) {
    await write(text);
    await copy();
    expect(await copied()).toBe(text);
  }
  expect((await readdir(folder)).sort()).toEqual(['copy', 'database']);
});

test('one that was cut short is begun anew', async () => {
  await mkdir(join(folder, 'copy.new', 'half'), { recursive: true });
  await mkdir(join(folder, 'copy.old', 'whole'), { recursive: true });
  await write('text');
  await copy();
  expect(await readdir(join(folder, 'copy'))).toEqual(['base']);
  expect((await readdir(folder)).sort()).toEqual(['copy', 'database']);
});

test('one that fails leaves the one before as it is', async () => {
  await write('text');
  await copy();
  await rm(join(folder, 'database'), { recursive: true });
  await expect(copy()).rejects.toThrow('ENOENT');
  expect(await copied()).toBe('text');
  expect(await readdir(folder)).toEqual(['copy']);
});

test('one for which the disk has no room leaves no half of it', async () => {
  await write('x'.repeat(64 * 1024));
  const module = new URL('../../src/storage/hourly-copy.ts', import.meta.url).href;
  const script = `const { copyFiles } = await import('${module}');
    await copyFiles('database', 'copy').catch(({ code }) => console.log(code));`;
  // Blocks of 512 bytes or of a KiB: what is written beyond them is refused.
  const { stdout } = await promisify(execFile)(
    'sh',
    ['-c', 'ulimit -f 8; exec "$0" --input-type=module -e "$1"', process.execPath, script],
    { cwd: folder },
  );
  expect(stdout).toMatch(/^(EFBIG|EIO)$/m);
  expect(await readdir(folder)).toEqual(['database']);
});
