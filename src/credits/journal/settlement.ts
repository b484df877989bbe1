import { type Clock, type Log, oneAtATime, type Timer } from '#kernel';
import { Lanes } from '../leases/lanes.ts';
import { Gathering } from './gathering.ts';
import type { Ended, Journal } from './journal.ts';

/** Charges are in the ledger about so long after they were acknowledged. */
export const postEveryMs = 50;
const postAtRecords = 100;
const retryMs = 250;

export interface SettlementOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
}

/** Has ended completions made durable, and posts them behind. */
export class Settlement {
  readonly #options: SettlementOptions;
  readonly #gathering: Gathering;
  readonly #lanes = new Lanes();
  #unposted = 0;
  #posting: Timer | null = null;
  /** The last posting failed. */
  #held = false;

  constructor(options: SettlementOptions) {
    this.#options = options;
    this.#gathering = new Gathering(options.clock, async (batch) => {
      await options.journal.write(batch);
      this.#acknowledged(batch.ended.length);
    });
  }

  /** Records that are durable and not yet in the ledger. */
  get unposted(): number {
    return this.#unposted;
  }

  /** Resolves once the record is durable. */
  add(ended: Ended): Promise<void> {
    return this.#gathering.add(ended);
  }

  /** Everything that was added before is in the ledger when this resolves. */
  async flush(): Promise<void> {
    await this.#gathering.drained();
    await this.post();
  }

  /** As `flush`, for what is durable already. All who ask while one is posted share the next. */
  readonly post = oneAtATime(() => this.undisturbed(() => this.#postAll()));

  /** Runs `step` while nothing is being posted from here. */
  undisturbed<T>(step: () => Promise<T>): Promise<T> {
    return this.#lanes.run('', step);
  }

  async close(): Promise<void> {
    this.#posting?.cancel();
    await this.flush();
  }

  async #postAll(): Promise<void> {
    const posting = this.#unposted;
    await this.#options.journal.post();
    this.#unposted -= posting;
    if (this.#held) this.#options.log.info('What waited is in the ledger.', { count: posting });
    this.#held = false;
  }

  #acknowledged(count: number): void {
    this.#unposted += count;
    const many = this.#unposted >= postAtRecords;
    if (many) this.#posting?.cancel();
    if (many) this.#posting = null;
    this.#postIn(many ? 0 : postEveryMs);
  }

  #postIn(delayMs: number): void {
    this.#posting ??= this.#options.clock.after(delayMs, () => {
      this.#posting = null;
      this.post().catch((thrown) => {
        if (!this.#held)
          this.#options.log.warn('Charges wait for the ledger; they are safe in the journal.', {
            error: thrown,
          });
        this.#held = true;
        this.#postIn(retryMs);
      });
    });
  }
}
