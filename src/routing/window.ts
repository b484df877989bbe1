/** How far back an endpoint's failures count. */
export const windowMs = 30_000;

const bucketMs = 1_000;
const buckets = windowMs / bucketMs;

export interface Tally {
  readonly total: number;
  readonly failed: number;
}

/**
 * Attempts of the last 30 s, good and bad, in one-second buckets: bounded whatever the traffic. The
 * sums are kept, since every request looks at those of every endpoint.
 */
export class FailureWindow {
  readonly #total = new Uint32Array(buckets);
  readonly #failed = new Uint32Array(buckets);
  #totalSum = 0;
  #failedSum = 0;
  #second = 0;

  /** `atMs` is monotonic and never goes back. */
  add(atMs: number, failed: boolean): void {
    this.#move(atMs);
    const bucket = this.#second % buckets;
    this.#total[bucket] = (this.#total[bucket] ?? 0) + 1;
    this.#totalSum += 1;
    if (!failed) return;
    this.#failed[bucket] = (this.#failed[bucket] ?? 0) + 1;
    this.#failedSum += 1;
  }

  /** No failure is counted, whatever the time is: it can only have got fewer. */
  get clean(): boolean {
    return this.#failedSum === 0;
  }

  tally(atMs: number): Tally {
    this.#move(atMs);
    return { total: this.#totalSum, failed: this.#failedSum };
  }

  clear(): void {
    this.#total.fill(0);
    this.#failed.fill(0);
    this.#totalSum = 0;
    this.#failedSum = 0;
  }

  #move(atMs: number): void {
    const second = Math.floor(atMs / bucketMs);
    const passed = Math.min(second - this.#second, buckets);
    for (let step = 1; step <= passed; step++) {
      const bucket = (this.#second + step) % buckets;
      this.#totalSum -= this.#total[bucket] ?? 0;
      this.#failedSum -= this.#failed[bucket] ?? 0;
      this.#total[bucket] = 0;
      this.#failed[bucket] = 0;
    }
    this.#second = second;
  }
}
