import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '#kernel';
import { frame, readFrames } from '../../src/credits/journal/frames.ts';
import { openJournalFile, unposted } from '../../src/credits/journal/journal-file.ts';
import { recordingLog } from '../harness/recording-log.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bourse-journal-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const clock = virtualClock();
const open = () => openJournalFile(folder, clock, silentLog);
const left = async () =>
  (await unposted(folder, silentLog)).flatMap(({ frames }) =>
    frames.map(({ session, records }) => `${session} ${JSON.stringify(records)}`),
  );

test('what was written is read again, in its order', async () => {
  const file = open();
  await Promise.all([
    file.write({ session: 1, records: '[{"n":1}]' }),
    file.write({ session: 2, records: '[{"n":2},{"n":3}]' }),
  ]);
  await file.close();
  expect(await left()).toEqual(['1 [{"n":1}]', '2 [{"n":2},{"n":3}]']);
});

test('a torn record at the end is told from a whole one, and those before it stand', async () => {
  const file = open();
  await file.write({ session: 1, records: '[1]' });
  const { path } = await file.write({ session: 1, records: '[2]' });
  await file.close();
  const whole = await readFile(path);
  const log = recordingLog();
  for (let bytes = whole.length - 1; bytes > whole.length / 2; bytes--) {
    await writeFile(path, whole.subarray(0, bytes));
    expect((await unposted(folder, log)).flatMap(({ frames }) => frames)).toHaveLength(1);
  }
  expect(log.lines.every(({ level }) => level === 'warn')).toBe(true);
  expect(log.lines).not.toHaveLength(0);
});

test('zeros where bytes were lost are no record, at the end or in between', async () => {
  const file = open();
  await file.write({ session: 1, records: '[1]' });
  const { path } = await file.write({ session: 1, records: '[2]' });
  await file.close();
  const whole = await readFile(path);
  await writeFile(path, Buffer.concat([whole, Buffer.alloc(100), whole, Buffer.alloc(4_096)]));
  const log = recordingLog();
  const read = await unposted(folder, log);
  expect(read.flatMap(({ frames }) => frames)).toHaveLength(4);
  expect(log.lines.map(({ level, message }) => `${level}: ${message}`)).toEqual([
    'error: The settlement journal is damaged; what can be read of it is posted.',
    'warn: The settlement journal ends in a torn record; it was not acknowledged.',
  ]);
});

test('whole frames of something else and a folder named like a segment stop nothing', async () => {
  const file = open();
  const { path } = await file.write({ session: 1, records: '[1]' });
  await file.close();
  await appendFile(path, Buffer.concat(['no JSON', 'null', '{"session":1}'].map(frame)));
  await mkdir(join(folder, 'folder.journal'));
  const log = recordingLog();
  expect((await unposted(folder, log)).flatMap(({ frames }) => frames)).toHaveLength(1);
  expect(log.lines.map(({ level, fields }) => `${level} ${fields.count}`)).toEqual(['error 3']);
});

test('what is written into a folder that was deleted is not acknowledged', async () => {
  const file = open();
  await file.write({ session: 1, records: '[1]' });
  await rm(folder, { recursive: true });
  await expect(file.write({ session: 1, records: '[2]' })).rejects.toThrow();
  await expect(file.write({ session: 1, records: '[3]' })).rejects.toThrow();
  await file.close();
  await expect(readdir(folder)).rejects.toThrow('ENOENT');
});

test('a record whose bytes have changed does not count', async () => {
  const file = open();
  const { path } = await file.write({ session: 1, records: '[12345]' });
  await file.close();
  const bytes = await readFile(path);
  bytes[bytes.length - 3] = 0x36;
  await writeFile(path, bytes);
  expect(await left()).toEqual([]);
});

test('a segment is set aside when all in it is posted, and not before', async () => {
  const file = open();
  const segment = await file.write({ session: 1, records: '[1]' });
  await file.write({ session: 1, records: '[2]' });
  file.posted(segment);
  await file.close();
  expect(await left()).toHaveLength(2);
  const again = open();
  const other = await again.write({ session: 2, records: '[3]' });
  again.posted(other);
  await again.close();
  expect((await left()).join()).not.toContain('[3]');
  expect((await readdir(folder)).filter((name) => name.endsWith('.posted'))).toHaveLength(1);
});

test('a posted segment is kept for a day', async () => {
  const old = join(folder, 'old.posted');
  const recent = join(folder, 'recent.posted');
  const hours = (count: number) => clock.now() / 1_000 - count * 3_600;
  for (const path of [old, recent]) await appendFile(path, 'x');
  await utimes(old, hours(25), hours(25));
  await utimes(recent, hours(23), hours(23));
  const file = open();
  file.posted(await file.write({ session: 1, records: '[1]' }));
  await file.close();
  const names = await readdir(folder);
  expect(names).not.toContain('old.posted');
  expect(names).toContain('recent.posted');
});

test('a new run begins a segment of its own and leaves the torn one as it is', async () => {
  const file = open();
  const { path } = await file.write({ session: 1, records: '[1]' });
  await file.close();
  await truncate(path, 5);
  await clock.advance(1);
  const next = open();
  await next.write({ session: 2, records: '[2]' });
  await next.close();
  expect(await left()).toEqual(['2 [2]']);
});

test('any texts survive the way through frames', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', minLength: 1 })), fc.nat(7), (texts, tail) => {
      const file = Buffer.concat([...texts.map(frame), Buffer.alloc(tail, 1)]);
      const { payloads, torn } = readFrames(file);
      expect(payloads).toEqual(texts.map((text) => Buffer.from(text).toString()));
      expect(torn).toBe(tail > 0);
    }),
  );
});
