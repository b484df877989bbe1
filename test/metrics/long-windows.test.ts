import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLog } from '#kernel';
import { openMetrics } from '#metrics';
import type { Storage } from '#storage';
import { freshDatabase } from '../harness/databases.ts';
import { virtualClock } from '../harness/virtual-clock.ts';
import { sample } from './sample-maker.ts';

let storage: Storage;

beforeAll(async () => {
  storage = await freshDatabase('embedded');
}, 60_000);
afterAll(() => storage.close());

const hourMs = 3_600_000;

it('hours that are over are read once, however often a week is asked for', async () => {
  const clock = virtualClock(Date.UTC(2026, 0, 10, 5, 30));
  const read: { step: unknown; from: Date; until: Date }[] = [];
  const query = ((sql: string, parameters: readonly unknown[] = []) => {
    const [step, from, until] = parameters;
    if (sql.includes('SELECT at')) read.push({ step, from: from as Date, until: until as Date });
    return storage.query(sql, parameters);
  }) as Storage['query'];
  const room = { storage: { query }, clock, log: silentLog, publish: () => {} };
  const metrics = await openMetrics({ ...room, source: 1 });
  const requests = async () => (await metrics.figures(['end_a'], 'ONE_WEEK')).requests;
  const hoursRead = () =>
    read.splice(0).reduce((sum, { from, until }) => sum + Number(until) - Number(from), 0) / hourMs;

  metrics.record(sample({ at: clock.now() }));
  expect(await requests()).toBe(1);
  expect(hoursRead()).toBeGreaterThan(7 * 24 - 1);

  for (let minute = 0; minute < 20; minute++) {
    metrics.record(sample({ at: clock.now() }));
    await clock.advance(60_000);
    await metrics.flush();
    expect(await requests()).toBe(minute + 2);
  }
  expect(hoursRead()).toBeLessThanOrEqual(20 * 2);

  await clock.advance(hourMs);
  await metrics.flush();
  expect(await requests()).toBe(21);
  expect(hoursRead()).toBeGreaterThan(7 * 24 - 1);

  const other = await openMetrics({ ...room, source: 2 });
  expect((await other.figures(['end_a'], 'ONE_WEEK')).requests).toBe(21);
  await Promise.all([metrics.close(), other.close()]);
});
