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
/** What holds up the database's answers while it stands. */
let held: Promise<void> | null;
/** From and until of each reading. */
let read: [from: Date, until: Date][];

/** A node that counted one attempt a week ago, and has just been started again. */
beforeEach(async () => {
  storage = await freshDatabase('embedded');
  clock = virtualClock(Date.UTC(2026, 0, 10, 6, 0, 30));
  [held, read] = [null, []];
  const query = (async (sql: string, parameters: readonly unknown[] = []) => {
    if (sql.includes('SELECT at')) {
      await held;
      read.push([parameters[1] as Date, parameters[2] as Date]);
    }
    return storage.query(sql, parameters);
  }) as Storage['query'];
  const room = { storage: { query }, clock, log: silentLog, publish: () => {} };
  const before = await openMetrics({ ...room, source: 1 });
  before.record(sample({ at: clock.now() - 7 * 24 * hourMs }));
  await before.close();
  metrics = await openMetrics({ ...room, source: 2 });
}, 60_000);
afterEach(async () => {
  await metrics.close();
  await storage.close();
});

const requests = async () => (await metrics.figures(['end_a'], 'ONE_WEEK')).requests;
const hoursRead = () =>
  read.splice(0).reduce((sum, [from, until]) => sum + Number(until) - Number(from), 0) / hourMs;

it('hours that are over are read once, however often a week is asked for', async () => {
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
