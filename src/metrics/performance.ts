import { divideHalfEven, type Money } from '#kernel';
import type { Percentiles } from './distribution.ts';
import type { Figures } from './figures.ts';

/**
 * Figures as they are shown. Null where there was no traffic, or, for volumes, too few
 * organizations.
 */
export interface Performance {
  readonly requests: number | null;
  readonly failures: number | null;
  readonly uptime: number | null;
  readonly timeToFirstTokenMs: Percentiles | null;
  readonly latencyMs: Percentiles | null;
  readonly tokensPerSecond: Percentiles | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  /** 10⁻¹² US dollar per million tokens, fee excluded. */
  readonly effectivePricePerMillion: Money | null;
}

/**
 * `floor`: distinct organizations that a volume needs, so that nobody's own traffic shows.
 */
export function performanceOf(figures: Figures, floor: number): Performance {
  const { requests, failures, spared, promptTokens, completionTokens } = figures;
  const judged = requests - spared;
  const shown = requests > 0 && figures.organizations.size >= floor;
  const volume = (count: number) => (shown ? count : null);
  return {
    requests: volume(requests),
    failures: volume(failures),
    uptime: judged > 0 ? (judged - failures) / judged : null,
    timeToFirstTokenMs: figures.timeToFirstTokenMs.percentiles(),
    latencyMs: figures.latencyMs.percentiles(),
    tokensPerSecond: figures.tokensPerSecond.percentiles(),
    promptTokens: volume(promptTokens),
    completionTokens: volume(completionTokens),
    effectivePricePerMillion: shown
      ? pricePerMillion(figures.cost, promptTokens + completionTokens)
      : null,
  };
}

/** 10⁻¹² US dollar; null without tokens. */
export const pricePerMillion = (cost: Money, tokens: number): Money | null =>
  tokens > 0 ? divideHalfEven(cost * 1_000_000n, BigInt(tokens)) : null;
