import type { Clock } from '#kernel';
import type { Batch, Ended } from './journal.ts';
import { journalBatch } from './journal-record.ts';

/** When many come, those within this time are written together. */
const gatherMs = 3;

interface Waiting {
  readonly ended: Ended;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Gathers ended completions into batches, each of one session, and has them made durable. Who comes
 * alone, while nothing is being written, waits for nobody.
 */
export class Gathering {
  readonly #clock: Clock;
  readonly #write: (batch: Batch) => Promise<void>;
  readonly #writing = new Set<Promise<void>>();
  #gathered: Waiting[] = [];
  #due = false;
  #lastWriteMs = Number.NEGATIVE_INFINITY;
  #lastCount = 0;
  #inFlight = 0;
  #made = 0;

  /** `write` resolves once a batch survives the death of this process. */
  constructor(clock: Clock, write: (batch: Batch) => Promise<void>) {
    this.#clock = clock;
    this.#write = write;
  }

  /** Resolves once the record is durable. */
  add(ended: Ended): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#gathered.push({ ended, resolve, reject });
      if (this.#due) return;
      this.#due = true;
      const alone = this.#inFlight === 0 && this.#lastCount <= 1;
      const waitMs = alone ? 0 : gatherMs - (this.#clock.monotonic() - this.#lastWriteMs);
      if (waitMs <= 0) queueMicrotask(() => this.#writeGathered());
      else this.#clock.after(waitMs, () => this.#writeGathered());
    });
  }

  /** Everything that was added before is durable, or was refused, when this resolves. */
  async drained(): Promise<void> {
    this.#writeGathered();
    await Promise.all(this.#writing);
  }

  #writeGathered(): void {
    const members = this.#gathered;
    this.#due = false;
    if (members.length === 0) return;
    this.#gathered = [];
    this.#lastWriteMs = this.#clock.monotonic();
    this.#lastCount = members.length;
    for (const session of new Set(members.map(({ ended }) => ended.session))) {
      const own = members.filter(({ ended }) => ended.session === session);
      const write = this.#writeBatch(session, own).finally(() => this.#writing.delete(write));
      this.#writing.add(write);
    }
  }

  async #writeBatch(session: number, members: readonly Waiting[]): Promise<void> {
    const ended = members.map((member) => member.ended);
    const records = journalBatch(ended.map(({ record }) => record));
    this.#inFlight++;
    try {
      const batch = { session, n: ++this.#made, ended, records, segment: null };
      await this.#write(batch).finally(() => this.#inFlight--);
      for (const { resolve } of members) resolve();
    } catch (thrown) {
      for (const { reject } of members) reject(thrown);
    }
  }
}
