import { atTurnEnd, type Clock, invariant, type Timer } from '#kernel';
import type { AttemptTimeouts } from '../connector.ts';
import { UpstreamFault } from '../upstream-fault.ts';
import type { AnswerHead, AnswerHeaders } from './answer-head.ts';
import type { Connection, ConnectionUser } from './connection.ts';
import { connectionFault } from './connection-fault.ts';
import { type Destination, headOfPost } from './destination.ts';
import type { Pool } from './pool.ts';
import { AttemptWatch } from './watch.ts';
import { type Gathering, GatheringWindow } from './window.ts';

export interface ExchangeOptions {
  readonly to: Destination;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly pool: Pool;
  readonly timeouts: AttemptTimeouts;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Windows in which what comes after `gather` waits. Null: until the turn's end. */
  readonly gathering?: Gathering | null;
  /** Told of the headers of the answer, whatever its status is. */
  readonly onHeaders?: ((headers: AnswerHeaders) => void) | undefined;
}

/** Whoever reads the body of an answer. */
export interface BodyReader {
  /**
   * Reads some of it; the bytes from `start` to `end` are the next read's afterwards. True: it is
   * the last of it, and need not wait.
   */
  read(bytes: Buffer, start: number, end: number): boolean;
  /** Goes on with what was read. A promise says that it can take no more until then. */
  goOn(): Promise<void> | void;
}

/** So much does not wait: a turn may bring thirty reads of one socket. */
export const heldBytesMax = 32 * 1024;
/** So many informational answers (1xx) go before no answer; each is news to us and to nobody. */
const informationMax = 64;
/** How long a connection may linger after the end mark before it is closed instead of kept. */
const lingerMs = 1_000;

/**
 * One POST and its answer, gone on with at the end of the turn on which it is read, or of a window:
 * a token costs no promise. While its reader rests, the socket is paused, so memory is bounded by
 * the kernel's buffers and one read. It never follows a redirect. The signal, a time-out or `close`
 * ends the connection at once, in whatever phase it is.
 */
export class Exchange implements ConnectionUser {
  // What each read looks at comes first, and so lies together.
  #finished = false;
  #failed = false;
  #resting = false;
  #hasContent = false;
  /** Bytes that are read, and not gone on with. */
  #heldBytes = 0;
  #reader: BodyReader | null = null;
  readonly #watch: AttemptWatch;
  readonly #window: GatheringWindow;
  /** Null when it is not ours any more: the answer is whole, or the connection is lost. */
  #connection: Connection | null = null;
  #connected = false;
  #answer: AnswerHead | null = null;
  /** What came before anybody read it. */
  #early: Buffer[] = [];
  #informed = 0;
  #ended = false;
  #linger: Timer | undefined;
  readonly #options: ExchangeOptions;
  readonly #head: string;
  readonly #replied = Promise.withResolvers<AnswerHead>();
  readonly #poured = Promise.withResolvers<void>();

  constructor(options: ExchangeOptions) {
    options.signal.throwIfAborted();
    this.#options = options;
    this.#head = headOfPost(options.to, options.headers, options.body);
    // A failure is told to whoever waits for the phase that it ends; nobody has to.
    for (const { promise } of [this.#replied, this.#poured]) promise.catch(() => {});
    this.#window = new GatheringWindow(this.#goOn);
    this.#watch = new AttemptWatch(options.clock, options.timeouts, (failure) =>
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
   * Gives the body to its reader. Resolves when it has ended or is taken for whole; what the reader
   * throws ends the connection and is thrown.
   */
  pour(reader: BodyReader): Promise<void> {
    invariant(this.#answer, 'a body is read after its headers');
    this.#reader = reader;
    for (const piece of this.#early.splice(0)) reader.read(piece, 0, piece.length);
    atTurnEnd(this.#connection ? this.#goOn : this.#end);
    this.#connection?.resume();
    return this.#poured.promise;
  }

  /** Content has come: from now on the idle time counts. */
  contentSeen(): void {
    this.#hasContent = true;
    this.#watch.content();
  }

  /** From now on what comes may wait for what comes behind it. */
  gather(): void {
    this.#window.gathering = this.#options.gathering ?? null;
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

  connected(): void {
    this.#connected = true;
    this.#watch.connected();
  }

  informed(): void {
    if (++this.#informed > informationMax) this.#fail(new UpstreamFault({ failure: 'EXCESS' }));
  }

  head(answer: AnswerHead): void {
    this.#answer = answer;
    this.#options.onHeaders?.(answer.headers);
    this.#replied.resolve(answer);
  }

  /** What comes within a turn or a window is gone on with together; much of it, behind its read. */
  body(bytes: Buffer, start: number, end: number): void {
    if (this.#finished || this.#failed) return;
    const now = this.#watch.read();
    this.#heldBytes += end - start;
    const much = this.#heldBytes >= heldBytesMax;
    if (!this.#reader) {
      this.#early.push(Buffer.from(bytes.subarray(start, end)));
      if (much) this.#connection?.pause();
      return;
    }
    const last = this.#reader.read(bytes, start, end);
    if (this.#resting) return;
    if (much) process.nextTick(this.#goOn);
    else if (last) this.#window.end();
    else this.#window.holds(now);
  }

  end(): void {
    this.#lose();
    if (this.#reader) atTurnEnd(this.#end);
  }

  /**
   * A kept connection may have been closed by the server at the moment it was chosen: then nothing
   * was answered, and the request is sent once more, on a new one.
   */
  failed(error: Error | null): void {
    const stale = this.#connection?.maybeStale && (error === null || isReset(error));
    this.#lose();
    if (stale && !this.#finished) {
      this.#connected = false;
      this.#send(this.#options.pool.dial(this.#options.to));
      return;
    }
    this.#fail(connectionFault(error, { connected: this.#connected, ...this.#status() }));
  }

  #send(connection: Connection): void {
    this.#connection = connection;
    connection.send(this.#head, this.#options.body, this);
  }

  readonly #goOn = () => {
    if (this.#heldBytes === 0 || this.#resting || this.#finished || this.#failed) return;
    this.#window.close();
    this.#heldBytes = 0;
    try {
      const taking = this.#reader?.goOn();
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
        else this.#goOn();
      },
      (thrown) => this.#fail(thrown),
    );
  }

  readonly #end = () => {
    this.#goOn();
    this.#ended = true;
    if (!this.#resting) this.#poured.resolve();
  };

  readonly #abort = () => this.#fail(this.#options.signal.reason);

  #fail(reason: unknown): void {
    // What is held had come before. An answer that has not begun is better tried anew.
    if (this.#hasContent) this.#goOn();
    if (this.#failed || this.#finished) return;
    this.#failed = true;
    this.#early = [];
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
    this.#window.close();
    this.#options.signal.removeEventListener('abort', this.#abort);
  }

  #status(): { httpStatus?: number } {
    return this.#answer ? { httpStatus: this.#answer.status } : {};
  }
}

function isReset(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
