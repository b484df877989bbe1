import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock as clock, silentLog } from '#kernel';
import type { Storage } from '#storage';
import { openCreditsIn } from '../../src/credits/credits.ts';
import { takePlace } from '../../src/credits/journal/journal-place.ts';
import { ledgerStatements } from '../../src/credits/ledger/statements.ts';
import { freshDatabase, freshFolder } from '../harness/databases.ts';
import { organization, spend } from './node.ts';

let folder: string;
let storage: Storage;

beforeEach(async () => {
  folder = await freshFolder();
  storage = await freshDatabase('embedded');
});

afterEach(async () => {
  await storage.close();
  await rm(folder, { recursive: true, force: true });
});

/** A node whose settlement journal lies on a disk that can be full. */
async function node() {
  const disk = { full: false };
  const place = await takePlace(folder, clock, silentLog);
  const open = () => {
    const file = place.open();
    const write: typeof file.write = (frame) =>
      disk.full ? Promise.reject(new Error('ENOSPC')) : file.write(frame);
    return { ...file, write };
  };
  const { credits } = await openCreditsIn({
    kind: 'embedded',
    statements: ledgerStatements(storage),
    place: { ...place, open },
    clock,
    log: silentLog,
    shared: false,
    recall: () => undefined,
    say: () => undefined,
    appliedChange: () => 0n,
  });
  return { credits, disk };
}

test('a node that can record no charge says so, admits nothing, and comes back', async () => {
  const { credits, disk } = await node();
  const acme = await organization(storage, 10);
  expect(credits.recording).toBe(true);
  disk.full = true;
  const lost = spend(credits, acme, 1).catch(() => undefined);
  await expect.poll(() => credits.recording).toBe(false);
  await expect(spend(credits, acme, 1)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  disk.full = false;
  await expect.poll(() => credits.recording).toBe(true);
  await lost;
  await spend(credits, acme, 1);
  await credits.close();
});
