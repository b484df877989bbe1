import { hourMs, secondMs } from '#kernel';
import { type Rows, readSums, type Sums } from './sums.ts';
import { startOf } from './window.ts';

/** Windows that end now are read one after the other: for so long one reading is good for all. */
const sharedMs = 30 * secondMs;

/** Hours whose rows still change, as they were read. */
export interface PresentReading {
  readonly fromMs: number;
  /** Monotonic, when it began. */
  readonly atMs: number;
  /** Of what this node had in memory, which is not in it. */
  readonly generation: number;
  readonly sums: Sums;
}

/** Hours whose rows still change: read again and again, once for all windows that end with them. */
export class PresentHours {
  readonly #rows: Rows;
  #last: Promise<PresentReading> | null = null;

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** From this hour up to now. */
  async read(fromMs: number): Promise<PresentReading> {
    const known = await this.#last?.catch(() => null);
    const sinceMs = this.#rows.clock.monotonic() - sharedMs;
    if (known && known.fromMs === fromMs && known.atMs >= sinceMs) return known;
    this.#last = this.#read(fromMs);
    return this.#last;
  }

  async #read(fromMs: number): Promise<PresentReading> {
    const { clock, own } = this.#rows;
    const [atMs, { generation }] = [clock.monotonic(), own];
    const untilMs = startOf('HOUR', clock.now()) + hourMs;
    const sums = await readSums([{ step: 'HOUR', fromMs, untilMs }], this.#rows);
    return { fromMs, atMs, generation, sums };
  }
}
