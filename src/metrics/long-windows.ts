import { Figures } from './figures.ts';
import { PastHours } from './past-hours.ts';
import { PresentHours } from './present-hours.ts';
import type { Rows, Sums } from './sums.ts';
import { dayMs, hourMs, type Span, spansOf, windowMs } from './window.ts';

/** A window as it was read: rows of the past and of the present, and where this node's own lie. */
interface Reading {
  readonly spans: readonly Span[];
  readonly past: Sums;
  readonly present: Sums;
  /** Of the subjects that are in both. */
  readonly joined: Map<string, Figures>;
}

const nothing: Sums = new Map();
const endless = Number.POSITIVE_INFINITY;

/** What rankings read: each long window, and the one before it, as before an hour. */
const readByRankings = [
  { backMs: 2 * hourMs, untilBackMs: hourMs },
  ...[dayMs, windowMs.ONE_WEEK, windowMs.ONE_MONTH].flatMap((length) => [
    { backMs: length, untilBackMs: 0 },
    { backMs: 2 * length, untilBackMs: length },
  ]),
];

/**
 * Windows of a day and more: rows of the database, read for all subjects and for everybody, and
 * beside them what this node still has in memory, which replaces its rows. What another node
 * counted arrives with the row that it writes each minute. What has to be read is read in the
 * background (`refresh`).
 */
export class LongWindows {
  readonly #rows: Rows;
  readonly #past = new Map<string, PastHours>();
  readonly #present: PresentHours;
  readonly #readings = new Map<string, Reading>();

  constructor(rows: Rows) {
    this.#rows = rows;
    this.#present = new PresentHours(rows);
  }

  /** For reading alone: the sum of `subject` from `backMs` to `untilBackMs` ago. */
  async sum(subject: string, backMs: number, untilBackMs = 0): Promise<Figures> {
    const reading = await this.#read(backMs, untilBackMs);
    const kept = keptOf(reading, subject);
    const live = reading.spans.flatMap((span) => [...this.#rows.own.within(span, subject)]);
    const figures = live.map((row) => row.figures);
    // What was read stands as it is for all who ask.
    if (kept && figures.length === 0) return kept;
    return Figures.sum(kept ? [kept, ...figures] : figures);
  }

  /** Of which there are rows in the window. */
  async subjects(backMs: number): Promise<Iterable<string>> {
    const { past, present } = await this.#read(backMs, 0);
    return new Set([...past.keys(), ...present.keys()]);
  }

  /** All that rankings read, one after the other. */
  async refresh(): Promise<void> {
    for (const { backMs, untilBackMs } of readByRankings) {
      const { untilMs } = await this.#pastOf(backMs, untilBackMs).refresh();
      if (untilBackMs === 0) await this.#present.read(untilMs);
    }
  }

  async #read(backMs: number, untilBackMs: number): Promise<Reading> {
    const { sums: past, fromMs, untilMs } = await this.#pastOf(backMs, untilBackMs).read();
    const present = untilBackMs === 0 ? await this.#present.read(untilMs) : nothing;
    const name = `${backMs} ${untilBackMs}`;
    const known = this.#readings.get(name);
    if (known?.past === past && known.present === present) return known;
    const spans = spansOf({ fromMs, untilMs });
    if (untilBackMs === 0) spans.push({ step: 'HOUR', fromMs: untilMs, untilMs: endless });
    const reading = { spans, past, present, joined: new Map() };
    this.#readings.set(name, reading);
    return reading;
  }

  #pastOf(backMs: number, untilBackMs: number): PastHours {
    const name = `${backMs} ${untilBackMs}`;
    const past = this.#past.get(name) ?? new PastHours(this.#rows, backMs, untilBackMs);
    this.#past.set(name, past);
    return past;
  }
}

function keptOf({ past, present, joined }: Reading, subject: string): Figures | undefined {
  const [before, now] = [past.get(subject), present.get(subject)];
  if (!before || !now) return before ?? now;
  const sum = joined.get(subject) ?? Figures.sum([before, now]);
  joined.set(subject, sum);
  return sum;
}
