import type { Money } from '#kernel';

/**
 * How an attempt ended, as far as the endpoint is concerned. `SPARED`: the caller's own fault, or
 * cancelled: it says nothing about whether the endpoint answers.
 */
export type SampleOutcome = 'ANSWERED' | 'FAILED' | 'SPARED';

/** One attempt at an endpoint, after it has ended. Durations in milliseconds. */
export interface Sample {
  readonly endpointId: string;
  /**
   * When its completion ended, milliseconds since the epoch. To be recorded within ten seconds:
   * later, nodes do not tell each other of it any more.
   */
  readonly at: number;
  readonly organizationId: string;
  /** The caller's application; null when it named none. */
  readonly app: string | null;
  readonly outcome: SampleOutcome;
  /** Whether the provider was asked for a stream: else nothing tells when its tokens came. */
  readonly streamed: boolean;
  /** From sending to the first content; null when there was none. */
  readonly timeToFirstTokenMs: number | null;
  /** From sending to the end, whatever the end. */
  readonly durationMs: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** The provider's price for it, fee excluded. */
  readonly cost: Money;
  /** What the caller paid, fee included. */
  readonly charged: Money;
  /** Whether it may enter public rankings: paid for, and served by a provider of the market. */
  readonly ranked: boolean;
  /**
   * Whether a provider of the market asks money for it, however it ended: free, simulated and
   * own-key traffic says nothing in rankings of speed, a paid request that failed does.
   */
  readonly priced: boolean;
}
