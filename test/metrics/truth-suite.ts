import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Random, seededRandom, silentLog } from '#kernel';
import {
  type Figures,
  type Metrics,
  type MetricsWindow,
  openMetrics,
  type Percentiles,
  type PublishedSeconds,
  type Sample,
} from '#metrics';
import type { Storage } from '#storage';
import { type DatabaseKind, freshDatabase } from '../harness/databases.ts';
import { type VirtualClock, virtualClock } from '../harness/virtual-clock.ts';
import { sample } from './sample-maker.ts';

const endpoints = ['end_a', 'end_b', 'end_c'];
const samples = 20_000;
/** All within one hour, so that each window holds all of them; 0.1 s apart on the average. */
const spanMs = 2_000_000;

/** Times as providers have them: mostly short, with a long tail. */
const tailed = (random: Random, typicalMs: number) =>
  typicalMs * Math.exp(1.2 * (random.next() + random.next() + random.next() - 1.5) * 2);

function randomSample(random: Random, at: number): Sample {
  const timeToFirstTokenMs = tailed(random, 300);
  const completionTokens = 2 + Math.floor(random.next() * 500);
  return sample({
    at,
    endpointId: endpoints[Math.floor(random.next() * endpoints.length)] ?? '',
    organizationId: `org_${Math.floor(random.next() * 20)}`,
    outcome: random.next() < 0.05 ? 'FAILED' : 'ANSWERED',
    timeToFirstTokenMs,
    durationMs: timeToFirstTokenMs + tailed(random, completionTokens * 12),
    promptTokens: Math.floor(random.next() * 3_000),
    completionTokens,
    cost: BigInt(Math.floor(random.next() * 1e9)),
    charged: BigInt(Math.floor(random.next() * 1e9)),
  });
}

/** Nearest rank, as the contract defines it. */
function truth(values: readonly number[]): Percentiles | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((left, right) => left - right);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return { p50: at(0.5), p75: at(0.75), p90: at(0.9), p99: at(0.99) };
}

function expectWithin(figures: Percentiles | null, raw: Percentiles | null): void {
  expect(figures === null).toBe(raw === null);
  for (const name of ['p50', 'p75', 'p90', 'p99'] as const) {
    const [shown, known] = [figures?.[name] ?? 0, raw?.[name] ?? 0];
    expect(Math.abs(shown - known)).toBeLessThanOrEqual(known * 0.01);
  }
}

function expectTrue(figures: Figures, raw: readonly Sample[]): void {
  const answered = raw.filter(({ outcome }) => outcome === 'ANSWERED');
  const first = raw.map((one) => one.timeToFirstTokenMs ?? 0);
  const speeds = answered.map(
    (one) =>
      ((one.completionTokens - 1) * 1_000) / (one.durationMs - (one.timeToFirstTokenMs ?? 0)),
  );
  expectWithin(figures.timeToFirstTokenMs.percentiles(), truth(first));
  expectWithin(figures.latencyMs.percentiles(), truth(answered.map((one) => one.durationMs)));
  expectWithin(figures.tokensPerSecond.percentiles(), truth(speeds));
  expect(figures.requests).toBe(raw.length);
  expect(figures.failures).toBe(raw.length - answered.length);
  const sum = (of: (one: Sample) => bigint | number) =>
    raw.reduce((total, one) => total + BigInt(of(one)), 0n);
  expect(BigInt(figures.promptTokens)).toBe(sum((one) => one.promptTokens));
  expect(BigInt(figures.completionTokens)).toBe(sum((one) => one.completionTokens));
  expect(figures.cost).toBe(sum((one) => one.cost));
  expect(figures.rankedCharged).toBe(sum((one) => one.charged));
}

/** 20,000 samples whose truth is known, counted by two nodes, on either database. */
export function truthSuite(kind: DatabaseKind): void {
  describe('20,000 samples with a known truth', () => {
    let storage: Storage;
    let clock: VirtualClock;
    const nodes: Metrics[] = [];
    const raw: Sample[] = [];

    beforeAll(async () => {
      storage = await freshDatabase(kind);
      clock = virtualClock(Date.UTC(2026, 0, 1, 0, 5));
      const publish = (message: PublishedSeconds) => {
        for (const node of nodes) node.apply(message);
      };
      for (const source of [1, 2]) {
        nodes.push(await openMetrics({ storage, clock, log: silentLog, source, publish }));
      }
      const random = seededRandom('truth');
      for (let index = 0; index < samples; index++) {
        const one = randomSample(random, clock.now());
        raw.push(one);
        nodes[index % 2]?.record(one);
        if (index % 10 === 9) await clock.advance((spanMs / samples) * 10);
      }
      await clock.advance(1_000); // what the other node counted last is told within a second
      for (const node of nodes) await node.flush();
      await clock.advance(180_000); // and nothing older than that is shown of its rows
    }, 120_000);
    afterAll(async () => {
      await Promise.all(nodes.map((node) => node.close()));
      await storage?.close();
    });

    it.each<MetricsWindow>(['ONE_HOUR', 'ONE_DAY', 'ONE_WEEK', 'ONE_MONTH'])(
      '%s: every percentile is within one per cent, every total exact, on either node',
      async (window) => {
        for (const node of nodes) {
          for (const endpoint of endpoints) {
            const own = raw.filter(({ endpointId }) => endpointId === endpoint);
            expectTrue(await node.figures([endpoint], window), own);
          }
          expectTrue(await node.figures(endpoints, window), raw);
        }
      },
    );

    it.each<MetricsWindow>(['ONE_HOUR', 'ONE_DAY'])(
      'the history of %s: so is each of its points, and together they are all',
      async (window) => {
        for (const node of nodes) {
          const points = await node.history(endpoints, window);
          let requests = 0;
          for (const [index, { at, figures }] of points.entries()) {
            const until = points[index + 1]?.at.getTime() ?? Number.POSITIVE_INFINITY;
            const own = raw.filter((one) => one.at >= at.getTime() && one.at < until);
            expectTrue(figures, own);
            requests += figures.requests;
          }
          expect(requests).toBe(samples);
        }
      },
    );

    it('after a restart the windows from rows are what they were', async () => {
      const source = 3;
      const again = await openMetrics({
        ...{ storage, clock, log: silentLog, source, publish: () => {} },
      });
      nodes.push(again);
      expectTrue(await again.figures(endpoints, 'ONE_DAY'), raw);
    });
  });
}
