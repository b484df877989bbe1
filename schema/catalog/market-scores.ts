import type { LiveScores, Market, Model, ModelQuery } from '#catalog';
import { Figures, performanceOf } from '#metrics';
import type { Rooms } from '../context.ts';
import { idsOf } from './market-order.ts';

const live: ReadonlySet<string> = new Set(['THROUGHPUT', 'LATENCY', 'UPTIME', 'POPULARITY']);

/** Whether the order moves by itself; every other one stands until the catalog changes. */
export const ordersByTraffic = ({ search, orderBy }: ModelQuery) =>
  orderBy ? live.has(orderBy.field) : (search ?? '').trim() === '';

/** An order of models by traffic is not newer than this. */
const freshMs = 5_000;

interface Scored {
  readonly atMs: number;
  readonly scores: Promise<LiveScores>;
}

/** One reading of the metrics for everybody who lists the same market within a few seconds. */
const known = new WeakMap<Market, Scored>();

/** What models are sorted by that only their traffic tells. */
export function scoresOf(rooms: Rooms): Promise<LiveScores> {
  const market = rooms.catalog.market();
  const atMs = rooms.clock.monotonic();
  const last = known.get(market);
  if (last && atMs - last.atMs < freshMs) return last.scores;
  const scores = score(market, rooms);
  known.set(market, { atMs, scores });
  scores.catch(() => known.delete(market));
  return scores;
}

async function score({ models }: Market, { metrics }: Rooms): Promise<LiveScores> {
  const lately = new Map<Model, Figures>();
  const tokens = new Map<Model, number>();
  for (const model of models) {
    const ids = idsOf(model.endpoints);
    lately.set(model, Figures.view(ids.map((id) => metrics.live(id, 'FIVE_MINUTES'))));
    const { rankedTokens } = await metrics.figures(ids, 'ONE_WEEK');
    if (rankedTokens > 0) tokens.set(model, rankedTokens);
  }
  return {
    throughput: (model) => lately.get(model)?.tokensPerSecond.percentiles()?.p50 ?? null,
    latency: (model) => lately.get(model)?.timeToFirstTokenMs.percentiles()?.p50 ?? null,
    uptime: (model) => performanceOf(lately.get(model) ?? new Figures(), 0).uptime,
    popularity: (model) => tokens.get(model) ?? null,
  };
}
