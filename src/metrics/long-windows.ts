import { dayMs, hourMs, minuteMs } from '#kernel';
import { Figures } from './figures.ts';
import { PastHours } from './past-hours.ts';
import { PresentHours } from './present-hours.ts';
import { joined, type Rows, type Sums } from './sums.ts';
import { type Span, spansOf, windowMs } from './window.ts';

/** A window as it was read, whole. */
interface Reading {
  /** Where this node's own rows lie, which are not in it. */
  readonly spans: readonly Span[];
  readonly generation: number;
  readonly sums: Sums;
  /** Where its past ends. */
  readonly untilMs: number;
  /** Monotonic: when its present was read; always now without one. */
  readonly atMs: number;
}

interface Window {
  readonly backMs: number;
  readonly untilBackMs: number;
}

const endless = Number.POSITIVE_INFINITY;
/** What is older is shown to nobody: windows are read anew once a minute. */
const staleMs = 3 * minuteMs;

/** What rankings read: each long window, and the one before it, as before an hour. */
const readByRankings: readonly Window[] = [
  ...[dayMs, windowMs.ONE_WEEK, windowMs.ONE_MONTH].flatMap((length) => [
    { backMs: length, untilBackMs: 0 },
    { backMs: 2 * length, untilBackMs: length },
  ]),
  { backMs: 2 * hourMs, untilBackMs: hourMs },
];

/**
 * Windows of a day and more: rows of the database, read for all subjects and for everybody, and
 * beside them what this node still has in memory, which replaces its rows. What another node
 * counted arrives with the row that it writes each minute. All windows are read in the background
 * (`refresh`), each is put in the place of the one before when it is whole: who asks waits for the
 * first reading at most.
 */
export class LongWindows {
  readonly #rows: Rows;
  readonly #past = new Map<string, PastHours>();
  readonly #present: PresentHours;
  readonly #standing = new Map<string, Reading>();
  readonly #coming = new Map<string, Promise<Reading>>();

  constructor(rows: Rows) {
    this.#rows = rows;
    this.#present = new PresentHours(rows);
  }

  /** For reading alone: the sum of `subject` from `backMs` to `untilBackMs` ago. */
  async sum(subject: string, backMs: number, untilBackMs = 0): Promise<Figures> {
    const { spans, generation, sums } = await this.#read({ backMs, untilBackMs });
    const kept = sums.get(subject);
    const { own } = this.#rows;
    const live = spans.flatMap((span) => [...own.within(span, subject, generation)]);
    const figures = live.map((row) => row.figures);
    // What was read stands as it is for all who ask.
    if (kept && figures.length === 0) return kept;
    return Figures.view(kept ? [kept, ...figures] : figures);
  }

  /** Of which there are rows in the window. */
  async subjects(backMs: number): Promise<Iterable<string>> {
    return (await this.#read({ backMs, untilBackMs: 0 })).sums.keys();
  }

  /** All that rankings read, one after the other. */
  async refresh(): Promise<void> {
    for (const window of readByRankings) await this.#renew(window);
    const generations = [...this.#standing.values()].map(({ generation }) => generation);
    this.#rows.own.letGo(Math.min(...generations));
  }

  async #read(window: Window): Promise<Reading> {
    const known = this.#standing.get(nameOf(window));
    if (known && this.#stands(known, window)) return known;
    // What was under way may have begun long ago.
    const coming = await this.#renew(window);
    return this.#stands(coming, window) ? coming : this.#renew(window);
  }

  #stands({ atMs, untilMs }: Reading, window: Window): boolean {
    const { clock } = this.#rows;
    return clock.monotonic() - atMs < staleMs && this.#pastOf(window).stand(untilMs);
  }

  #renew(window: Window): Promise<Reading> {
    const name = nameOf(window);
    const coming =
      this.#coming.get(name) ??
      this.#make(window)
        .then((reading) => {
          this.#standing.set(name, reading);
          return reading;
        })
        .finally(() => this.#coming.delete(name));
    this.#coming.set(name, coming);
    return coming;
  }

  async #make(window: Window): Promise<Reading> {
    const { own } = this.#rows;
    const before = own.generation;
    const { fromMs, untilMs, sums: past } = await this.#pastOf(window).read();
    const spans = spansOf({ fromMs, untilMs });
    if (window.untilBackMs > 0) {
      return { spans, generation: before, sums: past, untilMs, atMs: endless };
    }
    const { sums: present, generation, atMs } = await this.#present.read(untilMs);
    spans.push({ step: 'HOUR', fromMs: untilMs, untilMs: endless });
    return { spans, generation, sums: await joined(past, present), untilMs, atMs };
  }

  #pastOf({ backMs, untilBackMs }: Window): PastHours {
    const name = nameOf({ backMs, untilBackMs });
    const past = this.#past.get(name) ?? new PastHours(this.#rows, backMs, untilBackMs);
    this.#past.set(name, past);
    return past;
  }
}

const nameOf = ({ backMs, untilBackMs }: Window) => `${backMs} ${untilBackMs}`;
