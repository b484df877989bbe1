/** How far back an endpoint's failures count. */
export const windowMs = 30_000;

const bucketMs = 1_000;
const buckets = windowMs / bucketMs;

export interface Tally {
  readonly total: number;
  readonly failed: number;
}

/** Attempts of the last 30 s, good and bad, in one-second buckets: bounded whatever the traffic. */
export class FailureWindow {
  readonly #total = new Uint32Array(buckets);
  readonly #failed = new Uint32Array(buckets);
  #second = 0;

  /** `atMs` is monotonic and never goes back. */
  add(atMs: number, failed: boolean): void {
    this.#move(atMs);
    const bucket = this.#second % buckets;
    this.#total[bucket] = (this.#total[bucket] ?? 0) + 1;
    if (failed) this.#failed[bucket] = (this.#failed[bucket] ?? 0) + 1;
  }

  tally(atMs: number): Tally {
    this.#move(atMs);
    return { total: sum(this.#total), failed: sum(this.#failed) };
  }

  clear(): void {
    this.#total.fill(0);
    this.#failed.fill(0);
  }

  #move(atMs: number): void {
    const second = Math.floor(atMs / bucketMs);
    const passed = Math.min(second - this.#second, buckets);
    for (let step = 1; step <= passed; step++) {
      const bucket = (this.#second + step) % buckets;
      this.#total[bucket] = 0;
      this.#failed[bucket] = 0;
    }
    this.#second = second;
  }
}

const sum = (counts: Uint32Array) => counts.reduce((left, right) => left + right, 0);
