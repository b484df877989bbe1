import type { Clock, Timer } from '#kernel';
import type { AttemptTimeouts } from '../connector.ts';
import type { UpstreamFailure } from '../upstream-fault.ts';

/**
 * Keeps the four time-outs of an attempt with one timer, from now on; calls `expire` at most once.
 * A read only notes its time: the timer finds out when it fires that it has to wait on, so a token
 * costs no timer.
 */
export class AttemptWatch {
  readonly #clock: Clock;
  readonly #timeouts: AttemptTimeouts;
  readonly #expire: (failure: UpstreamFailure) => void;
  readonly #start: number;
  #connected = false;
  #content = false;
  #resting = false;
  #lastRead: number;
  /** Timers of a busy thread fire late, before it reads: what has come by then is read first. */
  #suspected = false;
  #timer: Timer;

  constructor(clock: Clock, timeouts: AttemptTimeouts, expire: (failure: UpstreamFailure) => void) {
    this.#clock = clock;
    this.#timeouts = timeouts;
    this.#expire = expire;
    this.#start = this.#lastRead = clock.monotonic();
    this.#timer = clock.after(this.#due().at - this.#start, this.#check);
  }

  /** The connection stands. */
  connected(): void {
    this.#connected = true;
  }

  /**
   * The first content is here: from now on the idle time counts instead of the first-content
   * time.
   */
  content(): void {
    this.#content = true;
    this.#rearm();
  }

  /** Something was read; says when. Monotonic; whole, since a fraction would be an object. */
  read(): number {
    this.#lastRead = Math.ceil(this.#clock.monotonic());
    return this.#lastRead;
  }

  /** The consumer is slow: silence is ours, not the provider's, until `wake`. */
  rest(): void {
    this.#resting = true;
  }

  wake(): void {
    this.#resting = false;
    this.#rearm();
  }

  end(): void {
    this.#timer.cancel();
  }

  #rearm(): void {
    this.#timer.cancel();
    this.#suspected = false;
    const now = this.read();
    this.#timer = this.#clock.after(Math.max(0, this.#due().at - now), this.#check);
  }

  readonly #check = () => {
    const { at, failure } = this.#due();
    const left = at - this.#clock.monotonic();
    if (left <= 0 && this.#suspected) return this.#expire(failure);
    this.#suspected = left <= 0;
    this.#timer = this.#clock.after(Math.max(0, left), this.#check);
  };

  #due(): { at: number; failure: UpstreamFailure } {
    const { totalMs, idleMs, firstContentMs, connectMs } = this.#timeouts;
    let first = { at: this.#start + totalMs, failure: 'TOTAL_TIMEOUT' as UpstreamFailure };
    const limit = (at: number, failure: UpstreamFailure) => {
      if (at < first.at) first = { at, failure };
    };
    if (this.#content && !this.#resting) limit(this.#lastRead + idleMs, 'IDLE_TIMEOUT');
    if (!this.#content) limit(this.#start + firstContentMs, 'FIRST_CONTENT_TIMEOUT');
    if (!this.#connected) limit(this.#start + connectMs, 'CONNECT_TIMEOUT');
    return first;
  }
}
