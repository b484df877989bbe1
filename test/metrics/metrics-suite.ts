import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '#kernel';
import {
  Figures,
  type Metrics,
  type MetricsWindow,
  openMetrics,
  type PublishedSeconds,
} from '#metrics';
import type { Storage } from '#storage';
import { openArchive } from '../../src/metrics/archive.ts';
import { steps } from '../../src/metrics/window.ts';
import { type DatabaseKind, freshDatabase } from '../harness/databases.ts';
import { type VirtualClock, virtualClock } from '../harness/virtual-clock.ts';
import { sample } from './sample-maker.ts';

const windows: readonly MetricsWindow[] = [
  'ONE_MINUTE',
  'FIVE_MINUTES',
  'THIRTY_MINUTES',
  'ONE_HOUR',
  'ONE_DAY',
  'ONE_WEEK',
  'ONE_MONTH',
];

export function metricsSuite(kind: DatabaseKind): void {
  let storage: Storage;
  let clock: VirtualClock;
  let sources = 0;
  const opened: Metrics[] = [];

  beforeAll(async () => {
    storage = await freshDatabase(kind);
  });
  afterAll(() => storage.close());
  beforeEach(async () => {
    clock = virtualClock();
    await storage.query('DELETE FROM metrics_row');
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((metrics) => metrics.close()));
  });

  /** What it publishes is kept in `said`, and reaches the others when the test brings it. */
  async function node() {
    const said: PublishedSeconds[] = [];
    const source = ++sources;
    const publish = (message: PublishedSeconds) => void said.push(message);
    const metrics = await openMetrics({ storage, clock, log: silentLog, source, publish });
    opened.push(metrics);

    return { metrics, said };
  }
  const now = (given = {}) => sample({ at: clock.now(), ...given });
  const requests = async (metrics: Metrics, window: MetricsWindow) =>
    (await metrics.figures(['end_a'], window)).requests;

  describe(`metrics on ${kind}`, () => {
    test('show an attempt in every window as soon as it has ended', async () => {
      const { metrics } = await node();
      metrics.record(now());
      for (const window of windows) expect(await requests(metrics, window), window).toBe(1);
    });

    test('forget it when the window has passed, and not before', async () => {
      const { metrics } = await node();
      metrics.record(now());
      await clock.advance(59_000);
      expect(await requests(metrics, 'ONE_MINUTE')).toBe(1);
      await clock.advance(1_000);
      expect(await requests(metrics, 'ONE_MINUTE')).toBe(0);
      expect(await requests(metrics, 'FIVE_MINUTES')).toBe(1);
      await clock.advance(4 * 60_000);
      expect(await requests(metrics, 'FIVE_MINUTES')).toBe(0);
      await clock.advance(57 * 60_000);
      expect(await requests(metrics, 'ONE_HOUR')).toBe(0);
      expect(await requests(metrics, 'ONE_DAY')).toBe(1);
    });

    test('count what was joined into minutes once', async () => {
      const { metrics } = await node();
      for (let second = 0; second < 200; second++) {
        metrics.record(now());
        await clock.advance(1_000);
      }
      expect(await requests(metrics, 'THIRTY_MINUTES')).toBe(200);
      expect(await requests(metrics, 'ONE_DAY')).toBe(200);
    });

    test('go on after a restart, without the minute that was not written', async () => {
      const first = await node();
      first.metrics.record(now());
      await clock.advance(61_000);
      await first.metrics.flush();
      const { metrics } = await node();
      for (const window of ['FIVE_MINUTES', 'ONE_HOUR', 'ONE_DAY'] as const) {
        expect(await requests(metrics, window), window).toBe(1);
      }
    });

    test('of a minute that was read after a restart stand in one point of a history', async () => {
      const first = await node();
      await clock.advance(20_000);
      for (let time = 0; time < 3; time++) first.metrics.record(now());
      await clock.advance(61_000);
      await first.metrics.close();
      const { metrics } = await node();
      for (const window of ['FIVE_MINUTES', 'THIRTY_MINUTES', 'ONE_HOUR', 'ONE_DAY'] as const) {
        const points = await metrics.history(['end_a'], window);
        const counted = points.filter(({ figures }) => figures.requests > 0);
        expect(
          counted.map(({ figures }) => figures.requests),
          window,
        ).toEqual([3]);
      }
    });

    test('of the running minute go on after a stop and a start', async () => {
      const first = await node();
      first.metrics.record(now());
      await clock.advance(2_000);
      await first.metrics.close();
      const { metrics } = await node();
      expect(await requests(metrics, 'FIVE_MINUTES')).toBe(1);
      metrics.record(now());
      expect(await requests(metrics, 'FIVE_MINUTES')).toBe(2);
      await clock.advance(10 * 60_000);
      expect(await requests(metrics, 'ONE_HOUR')).toBe(2);
    });

    test('that a starting node reads of a running one are not counted twice', async () => {
      const here = await node();
      await clock.advance(5_000);
      here.metrics.record(now());
      await here.metrics.flush();
      const there = await node();
      expect(await requests(there.metrics, 'FIVE_MINUTES')).toBe(1);
      await clock.advance(1_000);
      const said = here.said.at(-1);
      if (said) there.metrics.apply(said);
      expect(await requests(there.metrics, 'FIVE_MINUTES')).toBe(1);
    });

    test('§30 of one node reach another, whatever is lost or repeated on the way', async () => {
      const here = await node();
      const there = await node();
      here.metrics.record(now());
      await clock.advance(1_000);
      here.metrics.record(now());
      await clock.advance(1_000);
      const last = here.said.at(-1);
      expect(here.said.length).toBe(2);
      for (let again = 0; again < 3; again++) if (last) there.metrics.apply(last);
      expect(await requests(there.metrics, 'ONE_MINUTE')).toBe(2);
    });

    test('are kept by the others when their node dies', async () => {
      const here = await node();
      const there = await node();
      here.metrics.record(now());
      await clock.advance(1_000);
      for (const message of here.said) there.metrics.apply(message);
      await clock.advance(120_000);
      expect(await requests(there.metrics, 'FIVE_MINUTES')).toBe(1);
    });

    test('are quiet when nothing happened: an idle node publishes nothing', async () => {
      const { said } = await node();
      await clock.advance(30_000);
      expect(said).toEqual([]);
    });

    test('written twice are not counted twice', async () => {
      const { metrics } = await node();
      metrics.record(now());
      await metrics.flush();
      metrics.record(now());
      await metrics.flush();
      const other = await node();
      expect(await requests(other.metrics, 'ONE_DAY')).toBe(2);
    });

    test('survive the database being away: they are written with the next minute', async () => {
      const broken = { query: () => Promise.reject(new TypeError('no database')) };
      let away = true;
      const flaky = {
        query: ((sql: string, parameters?: readonly unknown[]) =>
          away && sql.includes('INSERT')
            ? broken.query()
            : storage.query(sql, parameters)) as Storage['query'],
      };
      const options = { clock, log: silentLog, source: ++sources, publish: () => undefined };
      const metrics = await openMetrics({ ...options, storage: flaky });
      opened.push(metrics);
      metrics.record(now());
      await expect(metrics.flush()).rejects.toThrow('no database');
      away = false;
      await metrics.flush();
      const other = await node();
      expect(await requests(other.metrics, 'ONE_DAY')).toBe(1);
    });

    test('have a history of at most 500 points, oldest first, empty steps included', async () => {
      const { metrics } = await node();
      metrics.record(now());
      await clock.advance(90_000);
      metrics.record(now());
      await metrics.flush();
      for (const window of windows) {
        const points = await metrics.history(['end_a'], window);
        const total = points.reduce((sum, { figures }) => sum + figures.requests, 0);
        expect(points.length, window).toBeLessThanOrEqual(500);
        expect(total, window).toBe(window === 'ONE_MINUTE' ? 1 : 2);
        const times = points.map(({ at }) => at.getTime());
        expect(times).toEqual(times.toSorted((left, right) => left - right));
      }
    });

    test('of the window before are what growth is measured against', async () => {
      const { metrics } = await node();
      metrics.record(now());
      await clock.advance(12 * 60_000);
      metrics.record(now());
      metrics.record(now());
      expect((await metrics.figuresBefore(['end_a'], 'THIRTY_MINUTES')).requests).toBe(0);
      expect((await metrics.figuresBefore(['end_a'], 'FIVE_MINUTES')).requests).toBe(0);
      await clock.advance(20 * 60_000);
      expect((await metrics.figuresBefore(['end_a'], 'THIRTY_MINUTES')).requests).toBe(1);
      expect(await requests(metrics, 'THIRTY_MINUTES')).toBe(2);
    });

    test('let a router see a change within ten seconds', async () => {
      const { metrics } = await node();
      expect(metrics.medians('end_a')).toBeNull();
      for (let second = 0; second < 60; second++) {
        metrics.record(now({ timeToFirstTokenMs: 100 }));
        await clock.advance(1_000);
      }
      for (let second = 0; second < 10; second++) {
        metrics.record(now({ timeToFirstTokenMs: 900 }));
        await clock.advance(1_000);
      }
      expect(metrics.medians('end_a')?.timeToFirstTokenMs).toBeGreaterThan(890);
      await clock.advance(60_000);
      expect(metrics.medians('end_a')?.timeToFirstTokenMs).toBeLessThan(110);
    });

    test('are kept while a window reaches them: minutes two days, others two months', async () => {
      const kept = ['MINUTE 1', 'HOUR 1', 'DAY 1', 'HOUR 3', 'DAY 3', 'HOUR 61', 'DAY 61'];
      for (const daysAgo of [1, 3, 61, 63]) {
        const atMs = clock.now() - daysAgo * 24 * 3_600_000;
        const rows = steps.map((step) => ({
          step,
          atMs,
          subject: 'end_a',
          figures: new Figures(),
        }));
        await openArchive(storage).write(daysAgo, rows);
      }
      await openArchive(storage).prune(clock.now());
      const left = await storage.query<{ readonly row: string }>(
        `SELECT step || ' ' || session AS row FROM metrics_row`,
      );
      expect(left.map(({ row }) => row).toSorted()).toEqual(kept.toSorted());
    });

    test('of an application stand beside those of the endpoint', async () => {
      const { metrics } = await node();
      metrics.record(now({ app: 'Tulip' }));
      expect((await metrics.figures(['app:Tulip'], 'ONE_DAY')).rankedTokens).toBe(111);
    });
  });
}
