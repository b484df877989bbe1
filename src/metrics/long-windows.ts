import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '#kernel';
import type { Archive } from './archive.ts';
import { Figures } from './figures.ts';
import type { Own } from './own.ts';
import type { Source } from './series.ts';
import { dividedSpans, type Span, singleSteps, spansOf } from './window.ts';

/** For so long what was read of the database stands for all who ask. */
const freshMs = 30_000;
const rowsPerTurn = 100;

type Sums = ReadonlyMap<string, Figures>;

interface Reading {
  readonly atMs: number;
  readonly generation: number;
  readonly sums: Promise<Sums>;
}

/** Rows that are written no more. */
interface ClosedReading {
  readonly spans: string;
  readonly sums: Promise<Sums>;
}

export interface LongWindowsOptions {
  readonly clock: Clock;
  readonly archive: Archive;
  readonly own: Own;
  readonly source: Source;
}

/**
 * Windows of a day and more: rows of the database, read once for all subjects and for everybody who
 * asks within half a minute, and beside them what this node still has in memory, which replaces its
 * rows. What another node counted arrives with the row that it writes each minute. Hours that are
 * over are read once and stand until the next one is; of the present hour alone rows are read again
 * and again. (What a node could not write for minutes on end arrives an hour later.)
 */
export class LongWindows {
  readonly #options: LongWindowsOptions;
  readonly #readings = new Map<string, Reading>();
  readonly #closed = new Map<string, ClosedReading>();

  constructor(options: LongWindowsOptions) {
    this.#options = options;
  }

  /** For reading alone: the sum of `subject` from `backMs` to `untilBackMs` ago. */
  async sum(subject: string, backMs: number, untilBackMs = 0): Promise<Figures> {
    const spans = spansOf(this.#options.clock.now(), backMs, untilBackMs);
    const kept = (await this.#read(`${backMs} ${untilBackMs}`, spans)).get(subject);
    const live = spans.flatMap((span) => [...this.#options.own.within(span, subject)]);
    const figures = live.map((row) => row.figures);
    // What was read stands as it is for all who ask.
    if (kept && figures.length === 0) return kept;
    return Figures.sum(kept ? [kept, ...figures] : figures);
  }

  /** Of which there are rows in the window. */
  async subjects(backMs: number): Promise<Iterable<string>> {
    const spans = spansOf(this.#options.clock.now(), backMs, 0);
    return (await this.#read(`${backMs} 0`, spans)).keys();
  }

  #read(name: string, spans: readonly Span[]): Promise<Sums> {
    const { clock, own } = this.#options;
    const known = this.#readings.get(name);
    const { generation } = own;
    const fresh = known && clock.monotonic() - known.atMs < freshMs;
    if (fresh && known.generation === generation) return known.sums;
    const sums = this.#together(name, spans);
    this.#readings.set(name, { atMs: clock.monotonic(), generation, sums });
    sums.catch(() => this.#readings.delete(name));
    return sums;
  }

  async #together(name: string, spans: readonly Span[]): Promise<Sums> {
    const { clock, own } = this.#options;
    const { closed, open } = dividedSpans(spans, clock.now());
    // Rows that this node has in memory leave it later: what is read without them cannot stand.
    if (own.reaches(closed)) return this.#load(spans);
    const [before, present] = await Promise.all([this.#readClosed(name, closed), this.#load(open)]);
    const sums = new Map(before);
    for (const [subject, figures] of present) {
      const earlier = before.get(subject);
      sums.set(subject, earlier ? Figures.sum([earlier, figures]) : figures);
    }
    return sums;
  }

  #readClosed(name: string, closed: readonly Span[]): Promise<Sums> {
    const spans = JSON.stringify(closed);
    const known = this.#closed.get(name);
    if (known?.spans === spans) return known.sums;
    const sums = this.#load(closed);
    this.#closed.set(name, { spans, sums });
    sums.catch(() => this.#closed.delete(name));
    return sums;
  }

  /**
   * Without the rows that this node has in memory: those are added to each answer. Step by step, so
   * that no reading of a thousand endpoints keeps the thread for itself.
   */
  async #load(spans: readonly Span[]): Promise<Sums> {
    const { archive, own, source } = this.#options;
    const sums = new Map<string, Figures>();
    for (const part of spans.flatMap((span) => [...singleSteps(span)])) {
      let rows = 0;
      for (const { step, atMs, subject, source: by, figures } of await archive.read(part)) {
        if (by === source && own.has(step, atMs, subject)) continue;
        const sum = sums.get(subject) ?? new Figures();
        sums.set(subject, sum.merge(figures));
        if (++rows % rowsPerTurn === 0) await nextTurn();
      }
    }
    return sums;
  }
}
