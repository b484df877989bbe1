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
/** Products of fractions miss the exact rank by a few units of the last place. */
const tolerance = 1e-9;

/**
 * Of what was observed and of what was cut short: number of the sketch's bin and count, in turns.
 */
export type StoredDistribution = readonly [readonly number[], readonly number[]];

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
  #seen: DDSketch | null = null;
  #cut: DDSketch | null = null;

  observe(value: number): void {
    this.#seen ??= new DDSketch({ relativeAccuracy });
    this.#seen.accept(Math.max(value, smallest));
  }

  /** Would have been at least this. */
  observeAtLeast(value: number): void {
    this.#cut ??= new DDSketch({ relativeAccuracy });
    this.#cut.accept(Math.max(value, smallest));
  }

  merge(other: Distribution): void {
    this.#seen = merged(this.#seen, other.#seen);
    this.#cut = merged(this.#cut, other.#cut);
  }

  /** Null when nothing was observed. */
  percentiles(): Percentiles | null {
    if (!this.#seen) return null;
    const [p50 = 0, p75 = 0, p90 = 0, p99 = 0] = quantiles(this.#bins(), [0.5, 0.75, 0.9, 0.99]);
    return { p50, p75, p90, p99 };
  }

  /** For the way to other nodes and into the database. */
  toJSON(): StoredDistribution {
    return [[...countsOf(this.#seen)].flat(), [...countsOf(this.#cut)].flat()];
  }

  static from([seen, cut]: StoredDistribution): Distribution {
    const distribution = new Distribution();
    distribution.#seen = restored(seen);
    distribution.#cut = restored(cut);
    return distribution;
  }

  #bins(): Bin[] {
    const seen = countsOf(this.#seen);
    const cut = countsOf(this.#cut);
    const keys = [...new Set([...seen.keys(), ...cut.keys()])].sort((left, right) => left - right);
    const value = (key: number) => (this.#seen ?? this.#cut)?.mapping.value(key) ?? 0;
    return keys.map((key) => ({
      value: value(key),
      seen: seen.get(key) ?? 0,
      cut: cut.get(key) ?? 0,
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

function countsOf(sketch: DDSketch | null): Map<number, number> {
  const counts = new Map<number, number>();
  sketch?.store.bins.forEach((count, index) => {
    if (count > 0) counts.set(index + sketch.store.offset, count);
  });
  return counts;
}

function merged(into: DDSketch | null, other: DDSketch | null): DDSketch | null {
  if (!other) return into;
  const sum = into ?? new DDSketch({ relativeAccuracy });
  sum.merge(other);
  return sum;
}

/** Takes what `toJSON` gave: the middle of a bin lies in the same bin. */
function restored(counts: readonly number[]): DDSketch | null {
  if (counts.length === 0) return null;
  const sketch = new DDSketch({ relativeAccuracy });
  for (let index = 0; index + 1 < counts.length; index += 2) {
    sketch.accept(sketch.mapping.value(counts[index] ?? 0), counts[index + 1] ?? 1);
  }
  return sketch;
}
