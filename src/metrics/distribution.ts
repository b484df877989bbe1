import { DDSketch } from '@datadog/sketches-js';

export interface Percentiles {
  readonly p50: number;
  readonly p75: number;
  readonly p90: number;
  readonly p99: number;
}

const relativeAccuracy = 0.01;
/** The sketch has no place for 0: a thousandth of a millisecond or of a token is as good. */
const smallest = 0.001;
const { mapping } = new DDSketch({ relativeAccuracy });
/** Products of fractions miss the exact rank by a few units of the last place. */
const tolerance = 1e-9;

/**
 * Of what was observed and of what was cut short: number of the sketch's bin and count, in turns.
 */
export type StoredDistribution = readonly [readonly number[], readonly number[]];

/** How many values lie in each of the sketch's bins, by its number. */
type Counts = Map<number, number>;

interface Bin {
  readonly value: number;
  readonly seen: number;
  readonly cut: number;
}

/**
 * Observed durations or rates, mergeable, within 1 % of the truth (DDSketch). Some were cut short:
 * of those it is known only that they would have been at least so much, and without them slow
 * endpoints, which callers leave, would look fast. Percentiles are the smallest value at which the
 * Kaplan-Meier estimate reaches the rank; with nothing cut that is the nearest rank.
 */
export class Distribution {
  readonly #seen: Counts = new Map();
  readonly #cut: Counts = new Map();
  /** Still to be merged: most sums are asked for their volumes alone. */
  #parts: readonly Distribution[] = [];

  /** For reading alone: merges when it is looked at. */
  static sum(parts: readonly Distribution[]): Distribution {
    const sum = new Distribution();
    sum.#parts = parts;
    return sum;
  }

  observe(value: number): void {
    count(this.#seen, binOf(value), 1);
  }

  /** Would have been at least this. */
  observeAtLeast(value: number): void {
    count(this.#cut, binOf(value), 1);
  }

  merge(other: Distribution): void {
    other.#mergeParts();
    for (const [bin, times] of other.#seen) count(this.#seen, bin, times);
    for (const [bin, times] of other.#cut) count(this.#cut, bin, times);
  }

  /** What is left when `part`, which was merged into it, is taken out. */
  without(part: Distribution): Distribution {
    const rest = new Distribution();
    this.#mergeParts();
    part.#mergeParts();
    for (const [bin, times] of this.#seen)
      count(rest.#seen, bin, times - (part.#seen.get(bin) ?? 0));
    for (const [bin, times] of this.#cut) count(rest.#cut, bin, times - (part.#cut.get(bin) ?? 0));
    return rest;
  }

  /** As `merge`, of what `toJSON` gave. */
  mergeStored([seen, cut]: StoredDistribution): void {
    restore(this.#seen, seen);
    restore(this.#cut, cut);
  }

  /** Null when nothing was observed. */
  percentiles(): Percentiles | null {
    this.#mergeParts();
    if (this.#seen.size === 0) return null;
    const [p50 = 0, p75 = 0, p90 = 0, p99 = 0] = quantiles(this.#bins(), [0.5, 0.75, 0.9, 0.99]);
    return { p50, p75, p90, p99 };
  }

  /** For the way to other nodes and into the database. */
  toJSON(): StoredDistribution {
    this.#mergeParts();
    return [[...this.#seen].flat(), [...this.#cut].flat()];
  }

  static from(stored: StoredDistribution): Distribution {
    const distribution = new Distribution();
    distribution.mergeStored(stored);
    return distribution;
  }

  #mergeParts(): void {
    const parts = this.#parts;
    this.#parts = [];
    for (const part of parts) this.merge(part);
  }

  #bins(): Bin[] {
    const numbers = [...new Set([...this.#seen.keys(), ...this.#cut.keys()])];
    return numbers
      .sort((left, right) => left - right)
      .map((bin) => ({
        value: mapping.value(bin),
        seen: this.#seen.get(bin) ?? 0,
        cut: this.#cut.get(bin) ?? 0,
      }));
  }
}

/** The values at `ranks`, which ascend: the product-limit estimate of Kaplan and Meier (1958). */
function quantiles(bins: readonly Bin[], ranks: readonly number[]): number[] {
  let atRisk = bins.reduce((sum, { seen, cut }) => sum + seen + cut, 0);
  let surviving = 1;
  const found: number[] = [];
  for (const { value, seen, cut } of bins) {
    surviving *= 1 - seen / atRisk;
    const reached = 1 - surviving + tolerance;
    while (found.length < ranks.length && reached >= (ranks[found.length] ?? 1)) found.push(value);
    atRisk -= seen + cut;
  }
  const last = bins.at(-1)?.value ?? 0;
  return ranks.map((_, index) => found[index] ?? last);
}

const binOf = (value: number) => mapping.key(Math.max(value, smallest));

function count(counts: Counts, bin: number, times: number): void {
  if (times > 0) counts.set(bin, (counts.get(bin) ?? 0) + times);
}

function restore(counts: Counts, stored: readonly number[]): void {
  for (let index = 0; index + 1 < stored.length; index += 2) {
    count(counts, stored[index] ?? 0, stored[index + 1] ?? 0);
  }
}
