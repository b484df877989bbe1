import { type Rows, readSums, type Sums } from './sums.ts';
import { hourMs, hoursOf, type Stretch, spansOf, writtenUntil } from './window.ts';

export interface PastReading extends Stretch {
  readonly sums: Sums;
}

/**
 * The hours of one long window whose rows are written no more. They are read once an hour; until
 * the new ones are there the ones before stand, so that the window begins an hour earlier for as
 * long, and nobody waits but whoever asks first of all. (What a node could not write for minutes on
 * end arrives an hour later.)
 */
export class PastHours {
  readonly #rows: Rows;
  readonly #backMs: number;
  readonly #untilBackMs: number;
  #standing: PastReading | null = null;
  #coming: Promise<PastReading> | null = null;

  constructor(rows: Rows, backMs: number, untilBackMs: number) {
    this.#rows = rows;
    this.#backMs = backMs;
    this.#untilBackMs = untilBackMs;
  }

  /** Whose sums stand as they are for all who ask. */
  async read(): Promise<PastReading> {
    const length = this.#backMs - this.#untilBackMs;
    const behindMs = length > hourMs ? hourMs : 0;
    const known = this.#standing;
    return known && known.untilMs >= this.#written().untilMs - behindMs ? known : this.refresh();
  }

  /** Reads them anew when an hour has gone by. */
  async refresh(): Promise<PastReading> {
    const { clock, own } = this.#rows;
    const { fromMs, untilMs } = this.#written();
    // Rows that this node has in memory leave it later: what is read without them cannot stand.
    const hours = {
      fromMs,
      untilMs: Math.max(fromMs, Math.min(untilMs, own.overSince(clock.now()))),
    };
    if (this.#standing && this.#standing.untilMs >= hours.untilMs) return this.#standing;
    this.#coming ??= this.#read(hours).finally(() => {
      this.#coming = null;
    });
    return this.#coming;
  }

  async #read(hours: Stretch): Promise<PastReading> {
    this.#standing = { ...hours, sums: await readSums(spansOf(hours), this.#rows) };
    return this.#standing;
  }

  #written(): Stretch {
    const now = this.#rows.clock.now();
    const { fromMs, untilMs } = hoursOf(now, this.#backMs, this.#untilBackMs);
    return { fromMs, untilMs: Math.min(untilMs, writtenUntil(now)) };
  }
}
