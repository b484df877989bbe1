import { formatMoney, type Money } from '#kernel';
import type { Figures } from './figures.ts';
import type { Metrics } from './metrics.ts';
import { pricePerMillion } from './performance.ts';
import type { MetricsWindow } from './window.ts';

export type RankingMetric =
  | 'TOKENS'
  | 'REQUESTS'
  | 'SPEND'
  | 'GROWTH'
  | 'THROUGHPUT'
  | 'LATENCY'
  | 'PRICE';

/** Who is ranked: the figures of all its subjects together. */
export interface Contender<Key> {
  readonly key: Key;
  readonly subjects: readonly string[];
}

export interface Rank<Key> {
  readonly key: Key;
  readonly rank: number;
  readonly previousRank: number | null;
  /** Exact, base 10, in the unit of the metric. */
  readonly value: string;
  /** Of all that was ranked, 0 to 1; null where parts do not add up to a whole. */
  readonly share: number | null;
  /** Against the window before, as a fraction; null when there was nothing. */
  readonly change: number | null;
}

export interface RankingOptions {
  readonly by: RankingMetric;
  readonly window: MetricsWindow;
  readonly first: number;
  /** Distinct organizations that a figure needs to be shown. */
  readonly floor: number;
}

interface Standing<Key> {
  readonly key: Key;
  readonly now: Figures;
  readonly before: Figures;
}

/** A score to be sorted by, and how it is written. */
interface Score {
  readonly score: number;
  readonly value: string;
}

/**
 * The best first. Only what was paid for at a provider of the market counts, so that neither free
 * nor simulated traffic lifts anybody; those below the floor are not shown at all.
 */
export async function rank<Key>(
  metrics: Metrics,
  contenders: readonly Contender<Key>[],
  { by, window, first, floor }: RankingOptions,
): Promise<Rank<Key>[]> {
  const standings = await Promise.all(
    contenders.map(async ({ key, subjects }) => ({
      key,
      now: await metrics.figures(subjects, window),
      before: await metrics.figuresBefore(subjects, window),
    })),
  );
  const shown = standings.filter(({ now }) => isShown(now, floor));
  const previously = new Map(
    sorted(standings, by, ({ before }) =>
      isShown(before, floor) ? previousScore(by, before) : null,
    ).map(({ key }, index) => [key, index + 1]),
  );
  const total = shown.reduce((sum, { now }) => sum + (amountOf(by, now) ?? 0), 0);
  return sorted(shown, by, (standing) => currentScore(by, standing))
    .slice(0, first)
    .map(({ key, now, before, value }, index) => ({
      key,
      rank: index + 1,
      previousRank: previously.get(key) ?? null,
      value,
      share: shareOf(amountOf(by, now), total),
      change: changeOf(by, now, before),
    }));
}

const isShown = (figures: Figures, floor: number) =>
  figures.rankedRequests > 0 && figures.rankedOrganizations.size >= floor;

/** Lowest is best where less is better. */
const ascending: ReadonlySet<RankingMetric> = new Set(['LATENCY', 'PRICE']);

function sorted<Key>(
  standings: readonly Standing<Key>[],
  by: RankingMetric,
  score: (standing: Standing<Key>) => Score | null,
): (Standing<Key> & Score)[] {
  const scored = standings.flatMap((standing) => {
    const found = score(standing);
    return found ? [{ ...standing, ...found }] : [];
  });
  const sign = ascending.has(by) ? 1 : -1;
  return scored.sort((left, right) => sign * (left.score - right.score));
}

function currentScore(by: RankingMetric, { now, before }: Standing<unknown>): Score | null {
  if (by !== 'GROWTH') return scoreOf(by, now);
  const growth = changeOf('TOKENS', now, before);
  return growth === null ? null : { score: growth, value: decimal(growth) };
}

/** How much something had grown a window ago, the window before that would tell: it is not read. */
const previousScore = (by: RankingMetric, before: Figures): Score | null =>
  by === 'GROWTH' ? null : scoreOf(by, before);

function scoreOf(by: Exclude<RankingMetric, 'GROWTH'>, figures: Figures): Score | null {
  switch (by) {
    case 'TOKENS':
      return { score: figures.rankedTokens, value: String(figures.rankedTokens) };
    case 'REQUESTS':
      return { score: figures.rankedRequests, value: String(figures.rankedRequests) };
    case 'SPEND':
      return ofMoney(figures.rankedCharged);
    case 'THROUGHPUT':
      return ofMedian(figures.rankedSpeed.tokensPerSecond.percentiles()?.p50);
    case 'LATENCY':
      return ofMedian(figures.rankedSpeed.timeToFirstTokenMs.percentiles()?.p50);
    case 'PRICE':
      return ofMoney(pricePerMillion(figures.rankedCost, figures.rankedTokens));
  }
}

const ofMoney = (amount: Money | null): Score | null =>
  amount === null ? null : { score: Number(amount), value: formatMoney(amount) };

const ofMedian = (median: number | undefined): Score | null =>
  median === undefined ? null : { score: median, value: decimal(median) };

/** Medians and fractions are within 1 %: three places say more than is known. */
const decimal = (value: number) => String(Math.round(value * 1_000) / 1_000);

function amountOf(by: RankingMetric, figures: Figures): number | null {
  const additive = by === 'TOKENS' || by === 'REQUESTS' || by === 'SPEND';
  return additive ? (scoreOf(by, figures)?.score ?? null) : null;
}

const shareOf = (amount: number | null, total: number) =>
  amount === null || total === 0 ? null : amount / total;

function changeOf(by: RankingMetric, now: Figures, before: Figures): number | null {
  const measured = by === 'GROWTH' ? 'TOKENS' : by;
  const [current, previous] = [scoreOf(measured, now)?.score, scoreOf(measured, before)?.score];
  return current === undefined || !previous ? null : (current - previous) / previous;
}
