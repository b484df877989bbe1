import type { Clock } from '#kernel';
import type { TokenQuota } from '#upstream';

const resetMsMax = 300_000;

/** With more left than this, the next answer tells in time: nothing is counted. */
const countedBelow = 100_000;

/**
 * What a provider's limit leaves of tokens, counted down by what goes out until an answer says it
 * anew. It fills up at an even pace where the provider says how much it holds, else at once when
 * its time has come.
 */
export class TokenAllowance {
  readonly #clock: Clock;
  #left = Infinity;
  #perMs = 0;
  #limit = Infinity;
  #heardAt = 0;
  #resetAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  hear({ left, limit, resetMs }: TokenQuota): void {
    const lasts = Math.min(resetMs, resetMsMax);
    this.#heardAt = this.#clock.monotonic();
    this.#resetAt = this.#heardAt + lasts;
    this.#left = left > countedBelow ? Infinity : left;
    this.#limit = limit ?? Infinity;
    this.#perMs = limit === null || lasts === 0 ? 0 : Math.max(0, limit - left) / lasts;
  }

  take(tokens: number): void {
    this.#left -= tokens;
  }

  /**
   * How long a prompt of so many tokens would be refused, in milliseconds. One that would never fit
   * is sent all the same: its provider says best what is wrong.
   */
  waitMs(tokens: number): number {
    const now = this.#clock.monotonic();
    if (!this.counted || tokens > this.#limit) return 0;
    const lacking = tokens - this.#left - this.#perMs * (now - this.#heardAt);
    if (lacking <= 0) return 0;
    const untilReset = this.#resetAt - now;
    return this.#perMs > 0 ? Math.min(untilReset, lacking / this.#perMs) : untilReset;
  }

  /** Whether anything is held against a prompt at all. */
  get counted(): boolean {
    return this.#left !== Infinity && this.#clock.monotonic() < this.#resetAt;
  }
}
