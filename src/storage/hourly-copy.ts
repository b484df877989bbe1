import { cpSync, readdirSync, rmSync, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '#kernel';

/** To copy more would hold up every statement for seconds; who has so much is better served. */
const bytesMax = 2 * 2 ** 30;

/**
 * PGlite has nothing synced, so that a power loss may leave anything of its files: this leaves a
 * copy of them beside them that is synced, and takes the place of the one before when it is whole.
 * Copied between two statements, the files are as a killed process leaves them, which is a state
 * that the database starts from.
 *
 * @throws Fault INVALID_INPUT for a database that is too large to be copied.
 */
export async function copyFiles(files: string, copy: string): Promise<void> {
  const bytes = everything(files).reduce((sum, path) => sum + statSync(path).size, 0);
  if (bytes > bytesMax) throw tooLarge();
  const [making, former] = [`${copy}.new`, `${copy}.old`];
  try {
    await copySynced(files, making);
  } catch (thrown) {
    // Half a copy is of no use, and on a full disk the journal needs its room.
    await rm(making, { recursive: true, force: true });
    throw thrown;
  }
  await rm(former, { recursive: true, force: true });
  await rename(copy, former).catch(() => undefined); // the first has none before it
  await rename(making, copy);
  await rm(former, { recursive: true, force: true });
}

async function copySynced(files: string, making: string): Promise<void> {
  rmSync(making, { recursive: true, force: true });
  cpSync(files, making, { recursive: true });
  for (const path of [...everything(making), making]) await sync(path);
}

const everything = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const tooLarge = () =>
  new Fault('INVALID_INPUT', {
    public: 'It is larger than 2 GiB. Use PostgreSQL for so much.',
  });
