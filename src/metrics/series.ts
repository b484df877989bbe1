import { minuteMs, secondMs } from '#kernel';
import { Figures } from './figures.ts';
import { type MetricsWindow, windowMs } from './window.ts';

const secondsPerMinute = minuteMs / secondMs;
/** Enough for a window of five minutes to be exact to the second. */
const secondsKept = 6 * secondsPerMinute;
const minutesKept = 61;
/** Nodes repeat their last ten seconds; after that a minute does not change any more. */
const secondsUntilFinal = 10;

/** What routing looks back: a change of an endpoint is felt within it. */
const recentMs = 10 * secondMs;

export interface Medians {
  readonly timeToFirstTokenMs: number | null;
  readonly tokensPerSecond: number | null;
}

/** Who counted: a node's session at its start. */
export type Source = number;

/**
 * What happened at one subject lately, second by second and from every node, in memory bounded by
 * time. A second is replaced by what its source says of it, so that repeats do no harm.
 */
export class Series {
  readonly #seconds = new Map<number, Map<Source, Figures>>();
  readonly #minutes = new Map<number, Figures>();
  /** The seconds that stand for a minute which had begun before this node started. */
  readonly #begun = new Map<Source, number>();
  #version = 0;
  #medians: { readonly second: number; readonly value: Medians | null } | null = null;
  readonly #sums = new Map<MetricsWindow, { second: number; version: number; sum: Figures }>();

  /** The figures of `source` for the second of `atMs`, to be added to. */
  at(source: Source, atMs: number): Figures {
    this.#version++;
    const second = Math.floor(atMs / secondMs);
    const bySource = this.#seconds.get(second) ?? new Map<Source, Figures>();
    this.#seconds.set(second, bySource);
    const figures = bySource.get(source) ?? new Figures();
    bySource.set(source, figures);
    return figures;
  }

  /** What a node says again of a minute that is final is not heard. */
  replace(source: Source, second: number, figures: Figures): void {
    if (this.#minutes.has(Math.floor(second / secondsPerMinute))) return;
    this.#version++;
    this.#forgetBegun(source);
    const bySource = this.#seconds.get(second) ?? new Map<Source, Figures>();
    bySource.set(source, figures);
    this.#seconds.set(second, bySource);
  }

  /** What was kept of a minute before this node started. */
  restore(minute: number, figures: Figures): void {
    this.#version++;
    this.#minutes.set(minute, Figures.sum([figures, ...present(this.#minutes.get(minute))]));
  }

  /**
   * What `source` had kept of the running minute; it counts at its beginning. A node that is still
   * there says its seconds anew: then this is forgotten, as it has them in it.
   */
  restoreBegun(source: Source, minute: number, figures: Figures): void {
    this.replace(source, minute * secondsPerMinute, figures);
    this.#begun.set(source, minute * secondsPerMinute);
  }

  #forgetBegun(source: Source): void {
    const second = this.#begun.get(source);
    if (second === undefined) return;
    this.#begun.delete(source);
    this.#seconds.get(second)?.delete(source);
  }

  /** What `source` counted in each of the `seconds` that it has counted in. */
  of(source: Source, seconds: Iterable<number>): [second: number, figures: Figures][] {
    return [...seconds].flatMap((second) =>
      present(this.#seconds.get(second)?.get(source)).map((figures): [number, Figures] => [
        second,
        figures,
      ]),
    );
  }

  /** The window up to now. Seconds are exact for five minutes; before, a begun minute is whole. */
  sum(window: MetricsWindow, nowMs: number): Figures {
    const second = Math.floor(nowMs / secondMs);
    const known = this.#sums.get(window);
    if (known?.second === second && known.version === this.#version) return known.sum;
    const sum = this.between(nowMs - windowMs[window], nowMs);
    this.#sums.set(window, { second, version: this.#version, sum });
    return sum;
  }

  /** Of the last seconds, or when they are empty of five minutes; made once a second. */
  medians(nowMs: number): Medians | null {
    const second = Math.floor(nowMs / secondMs);
    if (this.#medians?.second !== second) {
      const last = this.between(nowMs - recentMs, nowMs);
      const figures = last.requests > 0 ? last : this.sum('FIVE_MINUTES', nowMs);
      this.#medians = { second, value: mediansOf(figures) };
    }
    return this.#medians.value;
  }

  /** `fromMs` exclusive, `toMs` inclusive; a minute that is known by itself alone is whole. */
  between(fromMs: number, toMs: number): Figures {
    return this.#sum(fromMs, toMs, () => true);
  }

  /** As `between`, but such a minute counts where it begins: once among points in a row. */
  point(fromMs: number, toMs: number): Figures {
    return this.#sum(fromMs, toMs, (start, first) => first <= start);
  }

  #sum(fromMs: number, toMs: number, counts: (start: number, first: number) => boolean): Figures {
    const first = Math.floor(fromMs / secondMs) + 1;
    const last = Math.floor(toMs / secondMs);
    const sum = new Figures();
    for (
      let minute = Math.floor(first / secondsPerMinute);
      minute * secondsPerMinute <= last;
      minute++
    ) {
      const start = minute * secondsPerMinute;
      const end = start + secondsPerMinute - 1;
      const whole = this.#minutes.get(minute);
      const inside = first <= start && end <= last;
      if (whole && (inside || !this.#hasSeconds(start))) {
        if (counts(start, first)) sum.merge(whole);
        continue;
      }
      for (const part of this.#within(Math.max(start, first), Math.min(end, last))) sum.merge(part);
    }
    return sum;
  }

  /** Joins what is final into minutes and forgets what is old. True while something is left. */
  tidy(nowMs: number): boolean {
    const now = Math.floor(nowMs / secondMs);
    const final = Math.floor((now - secondsUntilFinal) / secondsPerMinute);
    for (const second of this.#seconds.keys()) {
      const minute = Math.floor(second / secondsPerMinute);
      if (minute < final && !this.#minutes.has(minute)) this.#join(minute);
      if (second < now - secondsKept) this.#seconds.delete(second);
    }
    const oldest = Math.floor(now / secondsPerMinute) - minutesKept;
    for (const minute of this.#minutes.keys()) if (minute < oldest) this.#minutes.delete(minute);
    return this.#seconds.size > 0 || this.#minutes.size > 0;
  }

  #join(minute: number): void {
    const start = minute * secondsPerMinute;
    this.#minutes.set(minute, Figures.sum(this.#within(start, start + secondsPerMinute - 1)));
  }

  #hasSeconds(start: number): boolean {
    for (let second = start; second < start + secondsPerMinute; second++) {
      if (this.#seconds.has(second)) return true;
    }
    return false;
  }

  *#within(first: number, last: number): Generator<Figures> {
    for (let second = first; second <= last; second++) {
      yield* this.#seconds.get(second)?.values() ?? [];
    }
  }
}

function mediansOf(figures: Figures): Medians | null {
  if (figures.requests === 0) return null;
  return {
    timeToFirstTokenMs: figures.timeToFirstTokenMs.percentiles()?.p50 ?? null,
    tokensPerSecond: figures.tokensPerSecond.percentiles()?.p50 ?? null,
  };
}

const present = <T>(value: T | undefined): T[] => (value === undefined ? [] : [value]);
