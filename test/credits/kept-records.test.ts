import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dayMs, secondMs, silentLog } from '#kernel';
import { keptFrames, openKeptRecords } from '../../src/credits/journal/kept-records.ts';
import { discardOld } from '../../src/credits/journal/segments.ts';
import { recordingLog } from '../harness/recording-log.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bourse-kept-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const clock = virtualClock();

async function read(): Promise<unknown[]> {
  const frames: unknown[] = [];
  for await (const segment of keptFrames(folder)) frames.push(...segment);
  return frames;
}

test('what is kept within a second is one write, and read again in its order', async () => {
  const kept = openKeptRecords(folder, clock, silentLog);
  kept.keep({ session: 1, records: '[{"n":1}]' });
  kept.keep({ session: 2, records: '[{"n":2},{"n":3}]' });
  expect(await read()).toEqual([]);
  await clock.advance(secondMs);
  kept.keep({ session: 2, records: '[{"n":4}]' });
  await kept.close();
  expect(await read()).toEqual([
    { session: 1, records: [{ n: 1 }] },
    { session: 2, records: [{ n: 2 }, { n: 3 }] },
    { session: 2, records: [{ n: 4 }] },
  ]);
  expect(await readdir(folder)).toHaveLength(1);
});

test('a disk that takes nothing is told of once, and holds up nobody', async () => {
  const log = recordingLog();
  const kept = openKeptRecords(join(folder, 'gone'), clock, log);
  for (const n of [1, 2, 3]) {
    kept.keep({ session: n, records: '[]' });
    await clock.advance(secondMs);
  }
  await kept.close();
  expect(log.lines.map(({ message }) => message)).toEqual(['Posted charges cannot be kept.']);
});

test('what a full disk did not take is kept when there is room again', async () => {
  const later = join(folder, 'later');
  const kept = openKeptRecords(later, clock, silentLog);
  kept.keep({ session: 1, records: '[1]' });
  await clock.advance(secondMs);
  kept.keep({ session: 2, records: '[2]' });
  await clock.advance(secondMs);
  await mkdir(later);
  const written = () => readdir(later).then(({ length }) => length);
  await expect.poll(() => clock.advance(secondMs).then(written)).toBe(1);
  await kept.close();
  const frames: unknown[] = [];
  for await (const segment of keptFrames(later)) frames.push(...segment);
  expect(frames).toEqual([
    { session: 1, records: [1] },
    { session: 2, records: [2] },
  ]);
});

test('a disk that stays full has the newest 16 MiB wait for it, and no more', async () => {
  const later = join(folder, 'later');
  const log = recordingLog();
  const kept = openKeptRecords(later, clock, log);
  const mebibyte = 'x'.repeat(2 ** 20);
  for (let n = 1; n <= 20; n++) kept.keep({ session: n, records: `["${mebibyte}"]` });
  await clock.advance(secondMs);
  await expect.poll(() => log.lines.length).toBe(1); // it was tried, and trimmed
  await mkdir(later);
  const written = () => readdir(later).then(({ length }) => length);
  await expect.poll(() => clock.advance(secondMs).then(written)).toBe(1);
  await kept.close();
  const sessions: number[] = [];
  for await (const segment of keptFrames(later)) {
    sessions.push(...segment.map(({ session }) => session));
  }
  expect(sessions).toEqual(Array.from({ length: 15 }, (_, index) => index + 6));
});

test('what is a day old goes, and the oldest of what is more than there is room for', async () => {
  for (const name of ['1', '2', '3', '4']) {
    await writeFile(join(folder, `${name}.posted`), '0123456789');
    const daysAgo = name === '2' ? 2 : 0;
    const at = new Date(clock.now() - daysAgo * dayMs);
    await utimes(join(folder, `${name}.posted`), at, at);
  }
  await discardOld(folder, clock);
  expect((await readdir(folder)).sort()).toEqual(['1.posted', '3.posted', '4.posted']);
  await discardOld(folder, clock, 25);
  expect((await readdir(folder)).sort()).toEqual(['3.posted', '4.posted']);
});
