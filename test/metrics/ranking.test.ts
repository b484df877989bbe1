import { expect, it } from 'vitest';
import { Figures, type Metrics, type RankingMetric, rank } from '#metrics';
import { sample } from './sample-maker.ts';

/** Traffic of an endpoint, as organizations had it; what is free is not ranked. */
function figuresOf(organizations: readonly string[], ranked: boolean, times = 1): Figures {
  const figures = new Figures();
  for (const organizationId of organizations) {
    for (let time = 0; time < times; time++)
      figures.add(sample({ organizationId, ranked, priced: ranked }));
  }
  return figures;
}

async function places(
  traffic: Readonly<Record<string, Figures>>,
  { by = 'TOKENS', floor = 1 }: { by?: RankingMetric; floor?: number } = {},
) {
  const metrics = {
    figures: async ([subject = '']: readonly string[]) => traffic[subject] ?? new Figures(),
    figuresBefore: async () => new Figures(),
  } as unknown as Metrics;
  const contenders = Object.keys(traffic).map((key) => ({ key, subjects: [key] }));
  const ranking = await rank(metrics, contenders, { by, window: 'ONE_WEEK', first: 10, floor });
  return ranking.map(({ key }) => key);
}

const metrics: RankingMetric[] = ['TOKENS', 'REQUESTS', 'SPEND', 'THROUGHPUT', 'LATENCY', 'PRICE'];

it.each(metrics)('by %s, free and simulated traffic lifts nobody into a ranking', async (by) => {
  const paid = figuresOf(['org_a'], true);
  const free = figuresOf(['org_a', 'org_b'], false, 1_000);
  expect(await places({ free, paid }, { by })).toEqual(['paid']);
});

it.each(['TOKENS', 'REQUESTS', 'SPEND'] as const)('by %s, nor further up in it', async (by) => {
  const paid = figuresOf(['org_a'], true, 2);
  const mostlyFree = figuresOf(['org_a'], true).merge(figuresOf(['org_b'], false, 1_000));
  expect(await places({ mostlyFree, paid }, { by })).toEqual(['paid', 'mostlyFree']);
});

it.each([
  ['THROUGHPUT', { completionTokens: 1_001 }],
  ['LATENCY', { timeToFirstTokenMs: 1 }],
  ['PRICE', { cost: 1n }],
] as const)('by %s, free traffic that does better moves nobody up', async (by, better) => {
  const paid = figuresOf(['org_a'], true);
  const worse = new Figures();
  worse.add(sample({ timeToFirstTokenMs: 200, cost: 1_500n, completionTokens: 90 }));
  for (let time = 0; time < 1_000; time++) {
    worse.add(sample({ ...better, ranked: false, priced: false }));
  }
  expect(await places({ worse, paid }, { by })).toEqual(['paid', 'worse']);
});

it('by LATENCY, paid requests that got no token count, charged or not', async () => {
  const failing = figuresOf(['org_a'], true);
  for (let time = 0; time < 10; time++) {
    const waited = { outcome: 'FAILED', timeToFirstTokenMs: null, durationMs: 30_000 } as const;
    failing.add(sample({ ...waited, ranked: false }));
  }
  const slow = figuresOf([], true);
  slow.add(sample({ timeToFirstTokenMs: 900 }));
  expect(await places({ failing, slow }, { by: 'LATENCY' })).toEqual(['slow', 'failing']);
});

it('by GROWTH, the place before is not told: it is not that by tokens', async () => {
  const traffic = (factor: number) => ({ big: 100 * factor, small: factor * factor });
  const figures = (times: number) => figuresOf(['org_a'], true, times);
  const [now, before] = [traffic(3), traffic(1)];
  const metrics = {
    figures: async ([key]: readonly ('big' | 'small')[]) => figures(now[key ?? 'big']),
    figuresBefore: async ([key]: readonly ('big' | 'small')[]) => figures(before[key ?? 'big']),
  } as unknown as Metrics;
  const contenders = (['big', 'small'] as const).map((key) => ({ key, subjects: [key] }));
  const ranking = (by: RankingMetric) =>
    rank(metrics, contenders, { by, window: 'ONE_WEEK', first: 10, floor: 1 });
  expect(await ranking('GROWTH')).toMatchObject([
    { key: 'small', rank: 1, previousRank: null, change: 8 },
    { key: 'big', rank: 2, previousRank: null, change: 2 },
  ]);
  expect(await ranking('TOKENS')).toMatchObject([
    { key: 'big', previousRank: 1 },
    { key: 'small', previousRank: 2 },
  ]);
});

it('a place needs as many organizations that paid as the floor says', async () => {
  const many = figuresOf(['org_a', 'org_b', 'org_c'], true);
  const one = figuresOf(['org_a'], true, 100);
  const oneAndFree = figuresOf(['org_a'], true, 100).merge(figuresOf(['org_b', 'org_c'], false));
  expect(await places({ many, one, oneAndFree }, { floor: 3 })).toEqual(['many']);
  expect(await places({ many, one, oneAndFree })).toHaveLength(3);
});
