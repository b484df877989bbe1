import { atTurnEnd, type Clock, Fifo } from '#kernel';

/** A window that is nearly over ends with the turn that reads: it costs no turn of its own. */
const nearlyOver = 0.9;

/**
 * For how long what a body brings waits before it is gone on with: until the end of the turn that
 * read it, or until so many milliseconds after the first of it, as `gathering` has it. What waits
 * so is metered, told and written once.
 */
export class GatheringWindow {
  #state: 'closed' | 'open' | 'ending' = 'closed';
  #openedAt = 0;
  /** Null: what a turn reads. */
  gathering: Gathering | null = null;
  readonly #goOn: () => void;

  constructor(goOn: () => void) {
    this.#goOn = goOn;
  }

  /** Something more is held since `now`. Monotonic, in whole milliseconds, as timers are. */
  holds(now: number): void {
    if (this.#state === 'ending') return;
    if (this.gathering === null) this.end();
    else if (this.#state === 'closed') {
      this.#state = 'open';
      this.#openedAt = now;
      this.gathering.begin(this, now);
    } else if (now - this.#openedAt >= this.gathering.ms * nearlyOver) this.end();
  }

  isOpenSince(at: number): boolean {
    return this.#state === 'open' && this.#openedAt === at;
  }

  /** With the turn. */
  end(): void {
    if (this.#state === 'ending') return;
    this.#state = 'ending';
    atTurnEnd(this.#goOn);
  }

  /** Nothing is held any more. */
  close(): void {
    this.#state = 'closed';
  }
}

/** Windows of one length: they end in the order in which they began, so one timer serves all. */
export class Gathering {
  readonly ms: number;
  readonly #clock: Clock;
  readonly #begun = new Fifo<{ readonly window: GatheringWindow; readonly at: number }>();
  #waits = false;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.ms = ms;
  }

  begin(window: GatheringWindow, at: number): void {
    this.#begun.push({ window, at });
    if (!this.#waits) this.#wait(this.ms);
  }

  #wait(ms: number): void {
    this.#waits = true;
    this.#clock.after(ms, this.#look);
  }

  readonly #look = () => {
    this.#waits = false;
    const now = Math.floor(this.#clock.monotonic());
    for (let first = this.#begun.first; first; first = this.#begun.first) {
      if (first.window.isOpenSince(first.at)) {
        const left = first.at + this.ms - now;
        if (left > 0) return this.#wait(left);
        first.window.end();
      }
      this.#begun.shift();
    }
  };
}
