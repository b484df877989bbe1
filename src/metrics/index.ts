/**
 * metrics: how every endpoint performs, from this platform's own traffic. Owns the samples' figures
 * in memory and their durable rows; refuses to know a caller, a prompt or a price list.
 *
 * 1. Every attempt gives one sample, and a sample is counted once on each node.
 * 2. A window without traffic has null figures: never 0, never 100 %.
 * 3. Percentiles are nearest rank within 1 %; what was cut short counts as "at least so long".
 * 4. Figures are replaced, never added to, wherever they travel: losing or repeating a message or a
 *    row does no harm.
 * 5. A restart loses at most the last minute that was not written.
 */
export { Distribution, type Percentiles } from './distribution.ts';
export {
  type FeedState,
  type FeedTick,
  type FeedUpdate,
  sameTick,
  tickOf,
  updateOf,
} from './feed.ts';
export { Figures } from './figures.ts';
export type { HistoryPoint } from './history.ts';
export { appSubject, isShort, type Metrics, openMetrics } from './metrics.ts';
export { performanceOf } from './performance.ts';
export type { PublishedSeconds } from './published.ts';
export { type Contender, type Rank, type RankingMetric, rank } from './ranking.ts';
export type { Sample, SampleOutcome } from './sample.ts';
export { throughputOf } from './throughput.ts';
export { Ticker, Tickers } from './ticker.ts';
export type { MetricsWindow } from './window.ts';
