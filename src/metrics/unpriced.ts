import type { Money } from '#kernel';
import { Distribution, type StoredDistribution } from './distribution.ts';
import type { Sample } from './sample.ts';
import { throughputOf } from './throughput.ts';

export interface StoredUnpriced {
  readonly cost: string;
  readonly timeToFirstTokenMs: StoredDistribution;
  readonly tokensPerSecond: StoredDistribution;
}

/** How fast it was. */
export interface Speed {
  readonly timeToFirstTokenMs: Distribution;
  readonly tokensPerSecond: Distribution;
}

/** The part of figures for which nobody of the market asked money: no ranking counts it. */
export class Unpriced implements Speed {
  cost: Money = 0n;
  readonly timeToFirstTokenMs = new Distribution();
  readonly tokensPerSecond = new Distribution();

  add(sample: Sample): void {
    this.cost += sample.cost;
    observeSpeed(this, sample);
  }

  merge({ cost, timeToFirstTokenMs, tokensPerSecond }: Unpriced): this {
    this.cost += cost;
    this.timeToFirstTokenMs.merge(timeToFirstTokenMs);
    this.tokensPerSecond.merge(tokensPerSecond);
    return this;
  }

  mergeStored({ cost, timeToFirstTokenMs, tokensPerSecond }: StoredUnpriced): this {
    this.cost += BigInt(cost);
    this.timeToFirstTokenMs.mergeStored(timeToFirstTokenMs);
    this.tokensPerSecond.mergeStored(tokensPerSecond);
    return this;
  }

  toJSON(): StoredUnpriced {
    return {
      cost: String(this.cost),
      timeToFirstTokenMs: this.timeToFirstTokenMs.toJSON(),
      tokensPerSecond: this.tokensPerSecond.toJSON(),
    };
  }
}

/**
 * Only a stream tells when its tokens came. A cancelled one counts for the time to its first token
 * alone.
 */
export function observeSpeed({ timeToFirstTokenMs, tokensPerSecond }: Speed, sample: Sample): void {
  const { streamed, timeToFirstTokenMs: firstMs, durationMs, completionTokens, outcome } = sample;
  if (!streamed) return;
  if (firstMs === null) timeToFirstTokenMs.observeAtLeast(durationMs);
  else timeToFirstTokenMs.observe(firstMs);
  const throughput = throughputOf(completionTokens, durationMs - (firstMs ?? durationMs));
  if (outcome === 'ANSWERED' && throughput !== null) tokensPerSecond.observe(throughput);
}
