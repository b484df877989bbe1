import { type Rows, readSums, type Sums } from './sums.ts';
import { hourMs, minuteMs, secondMs, startOf } from './window.ts';

/** For so long what was read stands for all who ask; then it is read again meanwhile. */
const freshMs = 30 * secondMs;
/** What is older is shown to nobody: it is read once a minute. */
const staleMs = 2 * minuteMs;

interface PresentReading {
  readonly atMs: number;
  /** Of what this node had in memory: the rows that it was read without. */
  readonly generation: number;
  readonly sums: Sums;
}

/** Hours whose rows still change: read again and again, once for all windows that end with them. */
export class PresentHours {
  readonly #rows: Rows;
  readonly #standing = new Map<number, PresentReading>();
  readonly #coming = new Map<number, Promise<PresentReading>>();

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** From this hour up to now. */
  async read(fromMs: number): Promise<Sums> {
    const known = this.#standing.get(fromMs);
    if (known?.generation !== this.#rows.own.generation) return this.refresh(fromMs);
    const ageMs = this.#rows.clock.monotonic() - known.atMs;
    if (ageMs >= staleMs) return this.refresh(fromMs);
    // Whoever asks when it is stale hears of a failure.
    if (ageMs >= freshMs) this.refresh(fromMs).catch(() => undefined);
    return known.sums;
  }

  /** A row that leaves the memory meanwhile would be in no part of the answer: then once more. */
  async refresh(fromMs: number): Promise<Sums> {
    for (;;) {
      const coming = this.#coming.get(fromMs) ?? this.#begin(fromMs);
      const { generation, sums } = await coming;
      if (generation === this.#rows.own.generation) return sums;
    }
  }

  #begin(fromMs: number): Promise<PresentReading> {
    const coming = this.#read(fromMs).finally(() => this.#coming.delete(fromMs));
    this.#coming.set(fromMs, coming);
    return coming;
  }

  async #read(fromMs: number): Promise<PresentReading> {
    const { clock, own } = this.#rows;
    const [atMs, { generation }] = [clock.monotonic(), own];
    for (const [other, reading] of this.#standing) {
      if (atMs - reading.atMs >= staleMs) this.#standing.delete(other);
    }
    const untilMs = startOf('HOUR', clock.now()) + hourMs;
    const sums = await readSums([{ step: 'HOUR', fromMs, untilMs }], this.#rows);
    const reading = { atMs, generation, sums };
    this.#standing.set(fromMs, reading);
    return reading;
  }
}
