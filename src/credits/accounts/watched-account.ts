import type { Clock, Log, Timer } from '#kernel';
import type { Account } from './account.ts';

/** Between two looks. */
const restMs = 250;
/** What no node said, because it died or its message was lost, is seen after this at the latest. */
const lookAgainMs = 5_000;

export interface WatchedAccountOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly read: () => Promise<Account>;
}

/** One account that is watched: read for all who watch it together. */
export class WatchedAccount {
  readonly watchers = new Set<() => void>();
  /** As it was last read. */
  account: Account | null = null;
  /** Counts what there was to tell. */
  version = 0;
  readonly #options: WatchedAccountOptions;
  readonly #again: Timer;
  #told = false;
  #stale = false;
  #reading = false;
  #rest: Timer | null = null;

  constructor(options: WatchedAccountOptions) {
    this.#options = options;
    this.#again = options.clock.every(lookAgainMs, () => this.look());
  }

  /** At once, or as soon as the last look is answered and 250 ms ago. */
  look(): void {
    this.#stale = true;
    this.#lookWhenDue();
  }

  /** To be told even when the figures are what they were. */
  changed(): void {
    this.#told = false;
    this.look();
  }

  stop(): void {
    this.#again.cancel();
    this.#rest?.cancel();
    this.#stale = false;
  }

  #lookWhenDue(): void {
    if (!this.#stale || this.#reading || this.#rest) return;
    this.#stale = false;
    this.#reading = true;
    this.#rest = this.#options.clock.after(restMs, () => {
      this.#rest = null;
      this.#lookWhenDue();
    });
    void this.#read();
  }

  async #read(): Promise<void> {
    const { read, log } = this.#options;
    try {
      this.#tell(await read());
    } catch (error) {
      log.debug('An account that is watched could not be read.', { error });
    } finally {
      this.#reading = false;
      this.#lookWhenDue();
    }
  }

  #tell(account: Account): void {
    const { balance, held } = this.account ?? {};
    const same = this.#told && balance === account.balance && held === account.held;
    if (same) return;
    this.account = account;
    this.#told = true;
    this.version++;
    for (const wake of this.watchers) wake();
  }
}
