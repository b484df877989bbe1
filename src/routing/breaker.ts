import type { Clock } from '#kernel';
import { FailureWindow, windowMs } from './window.ts';

/**
 * The breaker of one endpoint. Closed: it is used. Open: it is left alone until its time has come.
 * Half-open: one trial is on its way, and everybody else is still kept off.
 */
export type BreakerState = 'CLOSED' | 'OPEN' | 'HALF_OPEN';

/**
 * `USED` and `DUE` are somebody who wants to use the endpoint, before and after its time has come.
 * `TOO_MANY` is the failure that reaches a threshold. `SPARED` is an attempt that says nothing
 * about the endpoint.
 */
export type BreakerEvent = 'USED' | 'DUE' | 'SUCCEEDED' | 'FAILED' | 'TOO_MANY' | 'SPARED';

/**
 * Every state meets every event. An open breaker ignores late answers to attempts from before it
 * opened.
 */
const transitions: Readonly<
  Record<BreakerState, Readonly<Record<BreakerEvent, BreakerState | 'refused'>>>
> = {
  CLOSED: {
    USED: 'CLOSED',
    DUE: 'CLOSED',
    SUCCEEDED: 'CLOSED',
    FAILED: 'CLOSED',
    TOO_MANY: 'OPEN',
    SPARED: 'CLOSED',
  },
  OPEN: {
    USED: 'refused',
    DUE: 'HALF_OPEN',
    SUCCEEDED: 'OPEN',
    FAILED: 'OPEN',
    TOO_MANY: 'OPEN',
    SPARED: 'OPEN',
  },
  HALF_OPEN: {
    USED: 'refused',
    // The trial was never reported: it is given up and another one goes.
    DUE: 'HALF_OPEN',
    SUCCEEDED: 'CLOSED',
    FAILED: 'OPEN',
    TOO_MANY: 'OPEN',
    // It could not tell: whoever comes next is the trial.
    SPARED: 'OPEN',
  },
};

export type Outcome = 'SUCCEEDED' | 'FAILED' | 'SPARED';

/** How long an open breaker waits, by the number of trials that failed since it opened. */
const waitsMs = [10_000, 20_000, 40_000, 60_000] as const;
const waitMsMax = 60_000;
/** A provider that asks for more is asked again all the same: it may have meant seconds. */
const pauseMsMax = 300_000;

const failuresInARow = 5;
const attemptsToJudge = 20;
/** After it was out, it gets its share of the traffic back over this long. */
export const warmUpMs = 30_000;
const warmthMin = 0.1;
/** A lower share of failures is the ordinary noise of a busy endpoint. */
const troubledShare = 0.05;

export class Breaker {
  readonly #clock: Clock;
  readonly #window = new FailureWindow();
  #state: BreakerState = 'CLOSED';
  #failedInARow = 0;
  #failedTrials = 0;
  /** Monotonic: when the next trial may go. */
  #dueAt = 0;
  /** Monotonic: until when the provider asked to be left alone. */
  #pausedUntil = 0;
  /** Monotonic: until when other nodes said that it fails at times. */
  #troubledUntil = 0;
  /** Monotonic: since when it works again; null when it was never out. */
  #recoveredAt: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Trials that failed since it opened. */
  get failedTrials(): number {
    return this.#failedTrials;
  }

  /**
   * Until when the provider asked to be left alone, in milliseconds from now; 0 when it did not.
   */
  get pausedMs(): number {
    if (this.#pausedUntil === 0) return 0;
    return Math.max(0, this.#pausedUntil - this.#clock.monotonic());
  }

  /**
   * Until when nobody may use it for its failures, in milliseconds from now; 0 when somebody may.
   */
  get blockedMs(): number {
    return this.#state === 'CLOSED' ? 0 : Math.max(0, this.#dueAt - this.#clock.monotonic());
  }

  /**
   * Open, and nobody came to try it for as long as failures count: nothing is known of it any more.
   */
  get forgotten(): boolean {
    return this.#state !== 'CLOSED' && this.#clock.monotonic() > this.#dueAt + windowMs;
  }

  /** Failed lately, more often than ordinary noise, here or as other nodes have it. */
  get troubled(): boolean {
    if (this.failsHere) return true;
    return this.#troubledUntil > 0 && this.#clock.monotonic() < this.#troubledUntil;
  }

  get failsHere(): boolean {
    if (this.#window.clean) return false;
    const { total, failed } = this.#window.tally(this.#clock.monotonic());
    return failed > 0 && failed / total > troubledShare;
  }

  /** What part of its ordinary traffic it should get: less than 1 while it recovers. */
  get warmth(): number {
    if (this.#recoveredAt === null) return 1;
    const part = (this.#clock.monotonic() - this.#recoveredAt) / warmUpMs;
    if (part >= 1) this.#recoveredAt = null;
    return Math.min(1, Math.max(warmthMin, part));
  }

  /** Asks to use the endpoint now. A half-open breaker admits one at a time. */
  admit(): boolean {
    if (this.pausedMs > 0) return false;
    return this.#meet(this.blockedMs === 0 ? 'DUE' : 'USED');
  }

  /** How an attempt that was admitted ended. */
  record(outcome: Outcome): void {
    if (outcome === 'SPARED') return void this.#meet('SPARED');
    this.#window.add(this.#clock.monotonic(), outcome === 'FAILED');
    this.#failedInARow = outcome === 'FAILED' ? this.#failedInARow + 1 : 0;
    this.#meet(outcome === 'FAILED' && this.#tooMany() ? 'TOO_MANY' : outcome);
  }

  /** The provider asked not to be called for so long; the longest wish counts. */
  pause(ms: number): void {
    const until = this.#clock.monotonic() + Math.min(ms, pauseMsMax);
    this.#pausedUntil = Math.max(this.#pausedUntil, until);
  }

  /** Another node found it failing: leaves it alone for what remains of that node's wait. */
  openFor(ms: number): void {
    const remainingMs = Math.min(ms, waitMsMax);
    const wait = waitsMs.findIndex((step) => step >= remainingMs);
    this.#state = 'OPEN';
    this.#failedTrials = Math.max(this.#failedTrials, wait);
    this.#dueAt = Math.max(this.#dueAt, this.#clock.monotonic() + remainingMs);
  }

  /** Another node sees it fail at times. */
  troubleFor(ms: number): void {
    this.#troubledUntil = this.#clock.monotonic() + Math.min(ms, windowMs);
  }

  /** It works: whatever was held against it is over. */
  close(): void {
    if (this.#state !== 'CLOSED') this.#recoveredAt = this.#clock.monotonic();
    this.#troubledUntil = 0;
    this.#state = 'CLOSED';
    this.#failedInARow = 0;
    this.#failedTrials = 0;
    this.#dueAt = 0;
    this.#window.clear();
  }

  #meet(event: BreakerEvent): boolean {
    const before = this.#state;
    const next = transitions[before][event];
    if (next === 'refused') return false;
    if (next === 'HALF_OPEN') this.#wait();
    if (next === 'OPEN' && before === 'CLOSED') this.#wait();
    if (next === 'OPEN' && before === 'HALF_OPEN') this.#trialEnded(event);
    if (next === 'CLOSED' && before !== 'CLOSED') this.close();
    this.#state = next;
    return true;
  }

  #trialEnded(event: BreakerEvent): void {
    if (event === 'SPARED') {
      this.#dueAt = this.#clock.monotonic();
      return;
    }
    this.#failedTrials += 1;
    this.#wait();
  }

  #wait(): void {
    this.#dueAt = this.#clock.monotonic() + (waitsMs[this.#failedTrials] ?? waitMsMax);
  }

  #tooMany(): boolean {
    const { total, failed } = this.#window.tally(this.#clock.monotonic());
    const half = total >= attemptsToJudge && failed * 2 >= total;
    return this.#failedInARow >= failuresInARow || half;
  }
}
