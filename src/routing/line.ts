import type { Clock } from '#kernel';
import type { ProviderQuota } from '#upstream';
import { Breaker } from './breaker.ts';
import { TokenAllowance } from './token-allowance.ts';

/** The credential of the platform, as against an organization's own. */
export const platformCredential = 'platform';

/** With more left than this, the next answer tells in time: nothing is counted. */
const countedBelow = 100;
const resetMsMax = 300_000;

/**
 * One credential at one endpoint: whether its provider refuses it, and what its limits leave. What
 * befalls one credential says nothing about the others.
 */
export class Line {
  readonly #clock: Clock;
  readonly breaker: Breaker;
  readonly #tokens: TokenAllowance;
  #requestsLeft = Infinity;
  #resetAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.breaker = new Breaker(clock);
    this.#tokens = new TokenAllowance(clock);
  }

  /** What the provider said is left. Every answer says it anew. */
  hear({ requestsLeft, resetMs, tokens }: ProviderQuota): void {
    if (tokens) this.#tokens.hear(tokens);
    this.#requestsLeft = requestsLeft > countedBelow ? Infinity : requestsLeft;
    this.#resetAt = this.#clock.monotonic() + Math.min(resetMs, resetMsMax);
  }

  /** A request goes out: one less, and so many tokens, are left until the provider says more. */
  take(tokens: number): void {
    this.breaker.admit();
    this.#requestsLeft -= 1;
    this.#tokens.take(tokens);
  }

  /** Until when the provider would refuse for its limits, in milliseconds from now. */
  get pausedMs(): number {
    return Math.max(this.breaker.pausedMs, this.#requestsLeft > 0 ? 0 : this.#untilReset);
  }

  /** How long a prompt of so many tokens would be refused for its size, in milliseconds. */
  shortMs(tokens: number): number {
    return this.#tokens.waitMs(tokens);
  }

  /** Nothing is held against it: it need not be remembered. */
  get quiet(): boolean {
    const { state, pausedMs, troubled } = this.breaker;
    const requests = this.#requestsLeft !== Infinity && this.#untilReset > 0;
    const counted = requests || this.#tokens.counted;
    return state === 'CLOSED' && pausedMs === 0 && !troubled && !counted;
  }

  get #untilReset(): number {
    return Math.max(0, this.#resetAt - this.#clock.monotonic());
  }
}
