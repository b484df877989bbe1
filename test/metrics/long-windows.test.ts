import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLog } from '#kernel';
import { type Metrics, openMetrics } from '#metrics';
import type { Storage } from '#storage';
import { freshDatabase } from '../harness/databases.ts';
import { type VirtualClock, virtualClock } from '../harness/virtual-clock.ts';
import { sample } from './sample-maker.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

let storage: Storage;
let clock: VirtualClock;
let metrics: Metrics;
/** What holds up the rows of hours and days while it stands. */
let held: Promise<void> | null;
/** From and until of each reading. */
let read: [from: Date, until: Date][];
/** Starts a node under the session `source`. */
let start: (source: number) => Promise<Metrics>;

/** A node that counted one attempt a week ago, and has just been started again. */
beforeEach(async () => {
  storage = await freshDatabase('embedded');
  clock = virtualClock(Date.UTC(2026, 0, 10, 6, 0, 30));
  [held, read] = [null, []];
  const query = (async (sql: string, parameters: readonly unknown[] = []) => {
    if (sql.includes('SELECT at')) {
      if (parameters[0] !== 'MINUTE') await held;
      read.push([parameters[1] as Date, parameters[2] as Date]);
    }
    return storage.query(sql, parameters);
  }) as Storage['query'];
  const room = { storage: { query }, clock, log: silentLog, publish: () => {} };
  start = (source) => openMetrics({ ...room, source });
  const before = await start(1);
  before.record(sample({ at: clock.now() - 7 * 24 * hourMs }));
  await before.close();
  metrics = await start(2);
}, 60_000);
afterEach(async () => {
  await metrics.close();
  await storage.close();
});

const requests = async () => (await metrics.figures(['end_a'], 'ONE_WEEK')).requests;
const hoursRead = () =>
  read.splice(0).reduce((sum, [from, until]) => sum + Number(until) - Number(from), 0) / hourMs;

it('hours that are over are read once, however often a week is asked for', async () => {
  await metrics.warmed();
  metrics.record(sample({ at: clock.now() }));
  expect(await requests()).toBe(2);
  expect(hoursRead()).toBeGreaterThan(7 * 24 - 1);

  for (let minute = 0; minute < 20; minute++) {
    expect(await requests()).toBe(2);
  }
  expect(hoursRead()).toBe(0);
});

it('what was counted is in the window at once, whichever rows were read before', async () => {
  for (let minute = 0; minute < 70; minute++) {
    metrics.record(sample({ at: clock.now() }));
    await clock.advance(minuteMs);
    // Until the hours that are over have been read anew, the week begins an hour earlier.
    expect([minute + 1, minute + 2]).toContain(await requests());
    if (minute % 7 === 0) await metrics.flush();
  }
});

it('when an hour is over nobody waits for the reading that it needs', async () => {
  expect(await requests()).toBe(1);

  const gate = Promise.withResolvers<void>();
  held = gate.promise;
  await clock.advance(100_000);
  metrics.record(sample({ at: clock.now() }));
  const answered = await Promise.race([requests(), clock.advance(minuteMs)]);
  gate.resolve();
  expect(answered).toBe(2);
});

it('when an hour leaves the memory nobody waits, and nothing is missing', async () => {
  await clock.advance(58 * minuteMs);
  await metrics.close();
  metrics = await start(3);
  await metrics.warmed();
  metrics.record(sample({ at: clock.now() }));
  const gate = Promise.withResolvers<void>();
  held = gate.promise;
  await clock.advance(2 * minuteMs + 5_000);
  await metrics.flush();
  const answered = await Promise.race([requests(), clock.advance(1_000)]);
  gate.resolve();
  expect(answered).toBe(2);
});

it('a node is warm when it has read its long windows: then nobody waits for them', async () => {
  await metrics.close();
  const gate = Promise.withResolvers<void>();
  held = gate.promise;
  metrics = await start(3);
  expect(metrics.warm).toBe(false);
  gate.resolve();
  await metrics.warmed();
  expect(metrics.warm).toBe(true);
  hoursRead();
  expect(await requests()).toBe(1);
  expect(hoursRead()).toBe(0);
});
