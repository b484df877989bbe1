import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importSnapshot, readShipped } from '#catalog';
import { readConfig } from '#config';
import { type Log, systemClock, systemRandom } from '#kernel';
import { prepareStorage } from '#storage';
import { openApp } from '../app.ts';

/**
 * What the install does so that a first start takes little longer than a later one: the database
 * that new ones are copied from, with the shipped catalog in it, and a start of its own, which
 * leaves all code compiled. No setting is read, and nothing else is left.
 *
 * @throws Fault as `openApp`.
 */
export async function prepare(log: Log): Promise<number> {
  const world = { clock: systemClock, random: systemRandom, log };
  await prepareStorage(world, async (storage) => {
    await importSnapshot({ ...world, storage }, await readShipped());
  });
  const dataDir = await mkdtemp(join(tmpdir(), 'bourse-prepare-'));
  try {
    const config = readConfig({ DATA_DIR: dataDir, PORT: '0' });
    const app = await openApp({ ...world, config, version: '0', show: () => {} });
    await app.close();
    return 0;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}
