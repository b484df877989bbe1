import { secondMs } from '#kernel';
import { Figures } from './figures.ts';
import type { Sample } from './sample.ts';
import { type Span, type Step, startOf, stepMs, steps } from './window.ts';

/** Figures of one subject and one step, as a row of the database. */
export interface Row {
  readonly step: Step;
  readonly atMs: number;
  readonly subject: string;
  readonly figures: Figures;
}

type Write = (rows: readonly Row[]) => Promise<void>;

interface ChangingRow extends Row {
  changed: boolean;
}

/** A row that is in the database alone, and which reading was the last without it. */
interface DepartedRow extends Row {
  readonly generation: number;
}

/** What ends with a step is recorded a little later. */
const lateMs = 15 * secondMs;

/**
 * What this node has counted in steps that are not over, or over and not written yet. A row is
 * written again and again, whole, until its step is over: the database's one is then the last. Who
 * reads the database leaves out the rows that are here at that moment (`generation`) and adds them
 * to each answer; those that have left since are kept for as long as an older reading stands.
 */
export class Own {
  readonly #rows = new Map<string, Map<string, ChangingRow>>();
  readonly #departed = new Map<string, DepartedRow[]>();
  #generation = 0;
  #flushed: Promise<void> = Promise.resolve();

  /** Another number whenever rows have left the memory for the database. */
  get generation(): number {
    return this.#generation;
  }

  add(subject: string, sample: Sample): void {
    for (const step of steps) {
      const atMs = startOf(step, sample.at);
      const row = this.#row({ step, atMs, subject });
      row.figures.add(sample);
      row.changed = true;
    }
  }

  /** Whether a reading of `generation` leaves this row out. */
  has({ step, atMs, subject }: Omit<Row, 'figures'>, generation: number): boolean {
    if (this.#rows.get(subject)?.has(`${step} ${atMs}`)) return true;
    return this.#departedSince(generation, subject).some(
      (row) => row.step === step && row.atMs === atMs,
    );
  }

  /** Rows that a reading of `generation` has left out. */
  *within({ step, fromMs, untilMs }: Span, subject: string, generation: number): Generator<Row> {
    const rows = this.#rows.get(subject)?.values() ?? [];
    for (const row of [...rows, ...this.#departedSince(generation, subject)]) {
      if (row.step === step && row.atMs >= fromMs && row.atMs < untilMs) yield row;
    }
  }

  /** No reading before this generation stands any more. */
  letGo(generation: number): void {
    for (const subject of this.#departed.keys()) {
      const left = this.#departedSince(generation, subject);
      if (left.length > 0) this.#departed.set(subject, left);
      else this.#departed.delete(subject);
    }
  }

  #departedSince(generation: number, subject: string): DepartedRow[] {
    return (this.#departed.get(subject) ?? []).filter((row) => row.generation >= generation);
  }

  /** Where the first hour or day begins that is over and still in memory: it leaves it later. */
  overSince(nowMs: number): number {
    let since = Number.POSITIVE_INFINITY;
    for (const { step, atMs } of this.#all()) {
      if (step !== 'MINUTE' && isOver({ step, atMs }, nowMs)) since = Math.min(since, atMs);
    }
    return since;
  }

  /** Writes what has changed, after what is being written, and lets go of what is over. */
  flush(nowMs: number, write: Write): Promise<void> {
    const flushed = this.#flushed.then(() => this.#flush(nowMs, write));
    this.#flushed = flushed.catch(() => undefined);
    return flushed;
  }

  async #flush(nowMs: number, write: Write): Promise<void> {
    const changed = [...this.#all()].filter((row) => row.changed);
    for (const row of changed) row.changed = false;
    try {
      if (changed.length > 0) await write(changed);
    } catch (thrown) {
      for (const row of changed) row.changed = true;
      throw thrown;
    }
    this.#forget(nowMs);
  }

  #row({ step, atMs, subject }: Omit<Row, 'figures'>): ChangingRow {
    const rows = this.#rows.get(subject) ?? new Map<string, ChangingRow>();
    this.#rows.set(subject, rows);
    const key = `${step} ${atMs}`;
    const row = rows.get(key) ?? { step, atMs, subject, figures: new Figures(), changed: true };
    rows.set(key, row);
    return row;
  }

  *#all(): Generator<ChangingRow> {
    for (const rows of this.#rows.values()) yield* rows.values();
  }

  #forget(nowMs: number): void {
    const generation = this.#generation;
    for (const [subject, rows] of this.#rows) {
      for (const [key, row] of rows) {
        if (row.changed || !isOver(row, nowMs - lateMs)) continue;
        rows.delete(key);
        this.#generation = generation + 1;
        const { step, atMs, figures } = row;
        const departed = this.#departed.get(subject) ?? [];
        departed.push({ step, atMs, subject, figures, generation });
        this.#departed.set(subject, departed);
      }
      if (rows.size === 0) this.#rows.delete(subject);
    }
  }
}

const isOver = ({ step, atMs }: Pick<Row, 'step' | 'atMs'>, nowMs: number) =>
  atMs + stepMs[step] <= nowMs;
