import { hourMs, minuteMs } from '#kernel';
import { type Rows, readSums, type Sums } from './sums.ts';
import { hoursOf, type Stretch, spansOf, writtenUntil } from './window.ts';

export interface PastReading extends Stretch {
  readonly sums: Sums;
}

/** By when the new hours are read: until then the ones before stand. */
const readByMs = 2 * minuteMs;

/**
 * The hours of one long window whose rows are written no more. They are read once an hour; until
 * the new ones are there the ones before stand, so that the window begins an hour earlier for as
 * long. (What a node could not write for minutes on end arrives an hour later.)
 */
export class PastHours {
  readonly #rows: Rows;
  readonly #backMs: number;
  readonly #untilBackMs: number;
  #standing: PastReading | null = null;

  constructor(rows: Rows, backMs: number, untilBackMs: number) {
    this.#rows = rows;
    this.#backMs = backMs;
    this.#untilBackMs = untilBackMs;
  }

  /** Whether hours up to then still stand for the window. */
  stand(untilMs: number): boolean {
    const length = this.#backMs - this.#untilBackMs;
    const behindMs = length > hourMs ? hourMs : 0;
    return untilMs >= this.#written(this.#rows.clock.now() - readByMs).untilMs - behindMs;
  }

  /** Reads them when an hour has gone by. */
  async read(): Promise<PastReading> {
    const { clock, own } = this.#rows;
    const { fromMs, untilMs } = this.#written(clock.now());
    // Rows that this node has in memory leave it later: what is read without them cannot stand.
    const hours = {
      fromMs,
      untilMs: Math.max(fromMs, Math.min(untilMs, own.overSince(clock.now()))),
    };
    if (!this.#standing || this.#standing.untilMs < hours.untilMs) {
      this.#standing = { ...hours, sums: await readSums(spansOf(hours), this.#rows) };
    }
    return this.#standing;
  }

  #written(nowMs: number): Stretch {
    const { fromMs, untilMs } = hoursOf(nowMs, this.#backMs, this.#untilBackMs);
    return { fromMs, untilMs: Math.min(untilMs, writtenUntil(nowMs)) };
  }
}
