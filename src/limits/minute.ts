const bucketMs = 1_000;
/**
 * The second that runs and the sixty before it: what is counted is never less than the last minute.
 */
export const buckets = 61;

/**
 * What was counted in the last minute (requests, points) in one-second buckets: 500 bytes a key,
 * whatever its limit. Times are monotonic; seconds are those of a clock that is `aheadMs` ahead.
 */
export class Minute {
  readonly #counts = new Float64Array(buckets);
  #second = 0;
  #total = 0;
  readonly #aheadMs: number;

  constructor(aheadMs = 0) {
    this.#aheadMs = aheadMs;
  }

  add(atMs: number, count = 1): void {
    this.#move(atMs);
    const bucket = this.#second % buckets;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
    this.#total += count;
  }

  total(atMs: number): number {
    this.#move(atMs);
    return this.#total;
  }

  /**
   * Milliseconds from `atMs` until at most `left` of those counted still count; 0 when it is so
   * now.
   */
  msUntil(left: number, atMs: number): number {
    let counted = this.total(atMs);
    if (counted <= left) return 0;
    for (let second = this.#second - buckets + 1; second <= this.#second; second++) {
      counted -= this.#counts[(second + buckets) % buckets] ?? 0;
      if (counted <= left) return (second + buckets) * bucketMs - this.#aheadMs - atMs;
    }
    return buckets * bucketMs;
  }

  #move(atMs: number): void {
    const second = Math.floor((atMs + this.#aheadMs) / bucketMs);
    if (second <= this.#second) return; // another clock's second may have been a little ahead
    const passed = Math.min(second - this.#second, buckets);
    for (let step = 1; step <= passed; step++) {
      const bucket = (this.#second + step) % buckets;
      this.#total -= this.#counts[bucket] ?? 0;
      this.#counts[bucket] = 0;
    }
    this.#second = second;
  }
}
