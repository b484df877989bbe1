import { atTurnEnd, type Clock, invariant, type Take, type Timer } from '#kernel';
import type { AttemptTimeouts } from '../connector.ts';
import { UpstreamFault } from '../upstream-fault.ts';
import type { AnswerHead, AnswerHeaders } from './answer-head.ts';
import type { Connection } from './connection.ts';
import { connectionFault } from './connection-fault.ts';
import { type Destination, headOfPost } from './destination.ts';
import type { Pool } from './pool.ts';
import { type AttemptWatch, watchAttempt } from './watch.ts';

export interface ExchangeOptions {
  readonly to: Destination;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly pool: Pool;
  readonly timeouts: AttemptTimeouts;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told of the headers of the answer, whatever its status is. */
  readonly onHeaders?: ((headers: AnswerHeaders) => void) | undefined;
}

/** So much does not wait for the end of the turn, which may bring thirty reads of one socket. */
const heldBytesMax = 32 * 1024;
/** So many informational answers (1xx) go before no answer; each is news to us and to nobody. */
const informationMax = 64;
/** How long a connection may linger after the end mark before it is closed instead of kept. */
const lingerMs = 1_000;

/**
 * One POST and its answer, handed over read by read at the end of the turn on which it is read: a
 * token costs no promise. While the taker rests, the socket is paused, so memory is bounded by the
 * kernel's buffers and one read. It never follows a redirect. The signal, a time-out or `close`
 * ends the connection at once, in whatever phase it is.
 */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #head: string;
  readonly #watch: AttemptWatch;
  readonly #replied = Promise.withResolvers<AnswerHead>();
  readonly #poured = Promise.withResolvers<void>();
  /** Null when it is not ours any more: the answer is whole, or the connection is lost. */
  #connection: Connection | null = null;
  #connected = false;
  #answer: AnswerHead | null = null;
  #take: Take<readonly Buffer[]> | null = null;
  /** What is not handed over yet. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  #informed = 0;
  #resting = false;
  #ended = false;
  #finished = false;
  #failed = false;
  #linger: Timer | undefined;

  constructor(options: ExchangeOptions) {
    options.signal.throwIfAborted();
    this.#options = options;
    this.#head = headOfPost(options.to, options.headers, options.body);
    // A failure is told to whoever waits for the phase that it ends; nobody has to.
    for (const { promise } of [this.#replied, this.#poured]) promise.catch(() => {});
    this.#watch = watchAttempt(options.clock, options.timeouts, (failure) =>
      this.#fail(new UpstreamFault({ failure, ...this.#status() })),
    );
    options.signal.addEventListener('abort', this.#abort, { once: true });
    this.#send(options.pool.take(options.to));
  }

  /** Status and headers, as soon as they are here. */
  reply(): Promise<AnswerHead> {
    return this.#replied.promise;
  }

  /**
   * Hands the body to `take`, for each socket read the piece that it brought. Resolves when the
   * body has ended or is taken for whole; what `take` throws ends the connection and is thrown.
   */
  pour(take: Take<readonly Buffer[]>): Promise<void> {
    invariant(this.#answer, 'a body is read after its headers');
    this.#take = take;
    atTurnEnd(this.#connection ? this.#hand : this.#end);
    this.#connection?.resume();
    return this.#poured.promise;
  }

  /** Tells the clock that content has come: the idle time counts from now on. */
  contentSeen(): void {
    this.#watch.content();
  }

  /** Takes what has come for the whole body. */
  stopReading(): void {
    this.#ended = true;
    this.#leave();
    this.#poured.resolve();
  }

  /** The answer is whole by its protocol: lets the connection go back to the pool. */
  finish(): void {
    this.#finished = true;
    this.#release();
    this.#poured.resolve();
    if (!this.#connection) return;
    this.#connection.resume();
    // Its end is only still to be told.
    this.#linger = this.#options.clock.after(lingerMs, () => this.#leave());
  }

  /** Ends the connection unless the answer was whole. */
  close(): void {
    if (this.#finished) return;
    this.#release();
    this.#leave();
  }

  #send(connection: Connection): void {
    this.#connection = connection;
    connection.send(this.#head, this.#options.body, {
      connected: () => {
        this.#connected = true;
        this.#watch.connected();
      },
      informed: () => {
        if (++this.#informed > informationMax) this.#fail(new UpstreamFault({ failure: 'EXCESS' }));
      },
      head: (answer) => {
        this.#answer = answer;
        this.#options.onHeaders?.(answer.headers);
        this.#replied.resolve(answer);
      },
      body: this.#gather,
      end: () => {
        this.#lose();
        if (this.#take) atTurnEnd(this.#end);
      },
      failed: (error) => this.#lost(error, connection.maybeStale),
    });
  }

  /**
   * A kept connection may have been closed by the server at the moment it was chosen: then nothing
   * was answered, and the request is sent once more, on a new one.
   */
  #lost(error: Error | null, maybeStale: boolean): void {
    this.#lose();
    const stale = maybeStale && (error === null || isReset(error));
    if (stale && !this.#finished) {
      this.#connected = false;
      this.#send(this.#options.pool.dial(this.#options.to));
      return;
    }
    this.#fail(connectionFault(error, { connected: this.#connected, ...this.#status() }));
  }

  /** What comes within a turn is handed on together at its end; much of it, behind its read. */
  readonly #gather = (piece: Buffer) => {
    if (this.#finished || this.#failed) return;
    this.#watch.read();
    this.#heldBytes += piece.length;
    const first = this.#held.length === 0;
    if (first) this.#held = [piece];
    else this.#held.push(piece);
    if (this.#resting) return;
    const much = this.#heldBytes >= heldBytesMax;
    if (!this.#take) {
      if (much) this.#connection?.pause();
    } else if (much) process.nextTick(this.#hand);
    else if (first) atTurnEnd(this.#hand);
  };

  readonly #hand = () => {
    if (this.#held.length === 0 || this.#resting || this.#finished || this.#failed) return;
    const pieces = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    try {
      const taking = this.#take?.(pieces);
      if (taking) this.#rest(taking);
    } catch (thrown) {
      this.#fail(thrown);
    }
  };

  #rest(taking: Promise<void>): void {
    this.#resting = true;
    this.#connection?.pause();
    this.#watch.rest();
    taking.then(
      () => {
        this.#resting = false;
        if (this.#finished || this.#failed) return;
        this.#watch.wake();
        this.#connection?.resume();
        if (this.#ended) this.#end();
        else this.#hand();
      },
      (thrown) => this.#fail(thrown),
    );
  }

  readonly #end = () => {
    this.#hand();
    this.#ended = true;
    if (!this.#resting) this.#poured.resolve();
  };

  readonly #abort = () => this.#fail(this.#options.signal.reason);

  #fail(reason: unknown): void {
    if (this.#failed || this.#finished) return;
    this.#failed = true;
    this.#held = [];
    this.#release();
    this.#leave();
    this.#replied.reject(reason);
    this.#poured.reject(reason);
  }

  #leave(): void {
    this.#connection?.destroy();
    this.#lose();
  }

  #lose(): void {
    this.#connection = null;
    this.#linger?.cancel();
  }

  #release(): void {
    this.#watch.end();
    this.#options.signal.removeEventListener('abort', this.#abort);
  }

  #status(): { httpStatus?: number } {
    return this.#answer ? { httpStatus: this.#answer.status } : {};
  }
}

function isReset(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
