import {
  type Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { atTurnEnd, type Clock, invariant, type Take } from '#kernel';
import { connectionFault } from './connection-fault.ts';
import type { AttemptTimeouts } from './connector.ts';
import { type Destination, headLines } from './destination.ts';
import { UpstreamFault } from './upstream-fault.ts';
import { type AttemptWatch, watchAttempt } from './watch.ts';

export interface ExchangeOptions {
  readonly to: Destination;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly agent: Agent;
  readonly timeouts: AttemptTimeouts;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told of the headers of the answer, whatever its status is. */
  readonly onHeaders?: ((headers: IncomingHttpHeaders) => void) | undefined;
}

/** A provider's headers are small; what is larger is not one. */
const headerBytesMax = 32 * 1024;
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
  readonly #watch: AttemptWatch;
  readonly #replied = Promise.withResolvers<IncomingMessage>();
  readonly #poured = Promise.withResolvers<void>();
  #request: ClientRequest;
  #response: IncomingMessage | null = null;
  #connected = false;
  #take: Take<readonly Buffer[]> = () => {};
  /** What is not handed over yet: one socket read may bring many HTTP chunks. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  #informed = 0;
  #resting = false;
  #ended = false;
  #finished = false;
  #failed = false;

  constructor(options: ExchangeOptions) {
    options.signal.throwIfAborted();
    this.#options = options;
    // A failure is told to whoever waits for the phase that it ends; nobody has to.
    for (const { promise } of [this.#replied, this.#poured]) promise.catch(() => {});
    this.#watch = watchAttempt(options.clock, options.timeouts, (failure) =>
      this.#fail(new UpstreamFault({ failure, ...this.#status() })),
    );
    options.signal.addEventListener('abort', this.#abort, { once: true });
    this.#request = this.#dial(options.agent);
  }

  /** Status and headers, as soon as they are here. */
  reply(): Promise<IncomingMessage> {
    return this.#replied.promise;
  }

  /**
   * Hands the body to `take`, for each socket read the pieces that it brought. Resolves when the
   * body has ended or is taken for whole; what `take` throws ends the connection and is thrown.
   */
  pour(take: Take<readonly Buffer[]>): Promise<void> {
    const response = this.#response;
    invariant(response, 'a body is read after its headers');
    this.#take = take;
    response.once('end', () => atTurnEnd(this.#end));
    response.on('data', this.#gather);
    return this.#poured.promise;
  }

  /** Tells the clock that content has come: the idle time counts from now on. */
  contentSeen(): void {
    this.#watch.content();
  }

  /** Takes what has come for the whole body. */
  stopReading(): void {
    this.#ended = true;
    this.#request.destroy();
    this.#poured.resolve();
  }

  /** The answer is whole by its protocol: lets the connection go back to the pool. */
  finish(): void {
    this.#finished = true;
    this.#release();
    this.#poured.resolve();
    if (this.#ended) return;
    this.#response?.resume();
    // All of it is here: its end is only still to be told.
    if (this.#response?.complete) return;
    const linger = this.#options.clock.after(lingerMs, () => this.#request.destroy());
    this.#request.once('close', () => linger.cancel());
  }

  /** Ends the connection unless the answer was whole. */
  close(): void {
    if (this.#finished) return;
    this.#release();
    if (!this.#ended) this.#request.destroy();
  }

  #dial(agent: Agent | false): ClientRequest {
    const { to, headers, body } = this.#options;
    const { protocol } = to.url;
    const send = protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send({
      ...to.options,
      method: 'POST',
      headers: headLines(to, headers, body),
      agent,
      maxHeaderSize: headerBytesMax,
    });
    request.once('socket', (socket) => this.#follow(socket, protocol));
    request.on('information', this.#count);
    // Nobody asked for another protocol; without an ear for it the connection ends in silence.
    request.once('upgrade', () => this.#fail(new UpstreamFault({ failure: 'MALFORMED' })));
    request.once('response', (response) => this.#receive(response));
    request.on('error', (error) => this.#requestFailed(request, error));
    request.end(body);
    return request;
  }

  #follow(socket: Socket, protocol: string): void {
    const connected = () => {
      this.#connected = true;
      this.#watch.connected();
    };
    if (this.#request.reusedSocket || !socket.connecting) connected();
    else socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', connected);
  }

  /**
   * A kept connection may have been closed by the server at the moment it was chosen: then
   * nothing was answered, and the request is sent once more on a new one (Node's documentation of
   * `reusedSocket` describes this race).
   */
  #requestFailed(request: ClientRequest, error: Error): void {
    const stale = request.reusedSocket && !this.#response && isReset(error);
    if (stale && !this.#failed && !this.#finished) {
      this.#connected = false;
      this.#request = this.#dial(false);
      return;
    }
    this.#fail(connectionFault(error, { connected: this.#connected, ...this.#status() }));
  }

  readonly #count = () => {
    if (++this.#informed > informationMax) this.#fail(new UpstreamFault({ failure: 'EXCESS' }));
  };

  #receive(response: IncomingMessage): void {
    this.#response = response;
    this.#options.onHeaders?.(response.headers);
    response.on('error', (error) =>
      this.#fail(connectionFault(error, { connected: true, ...this.#status() })),
    );
    this.#replied.resolve(response);
  }

  /** What comes within a turn is handed on together at its end; much of it, behind its read. */
  readonly #gather = (bytes: Buffer) => {
    if (this.#finished || this.#failed) return;
    this.#watch.read();
    this.#heldBytes += bytes.length;
    const first = this.#held.push(bytes) === 1;
    if (this.#resting) return;
    if (this.#heldBytes >= heldBytesMax) process.nextTick(this.#hand);
    else if (first) atTurnEnd(this.#hand);
  };

  readonly #hand = () => {
    if (this.#held.length === 0 || this.#resting || this.#finished || this.#failed) return;
    const pieces = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    try {
      const taking = this.#take(pieces);
      if (taking) this.#rest(taking);
    } catch (thrown) {
      this.#fail(thrown);
    }
  };

  #rest(taking: Promise<void>): void {
    this.#resting = true;
    this.#response?.pause();
    this.#watch.rest();
    taking.then(
      () => {
        this.#resting = false;
        if (this.#finished || this.#failed) return;
        this.#watch.wake();
        this.#response?.resume();
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
    this.#request.destroy();
    this.#replied.reject(reason);
    this.#poured.reject(reason);
  }

  #release(): void {
    this.#watch.end();
    this.#options.signal.removeEventListener('abort', this.#abort);
  }

  #status(): { httpStatus?: number } {
    const status = this.#response?.statusCode;
    return status === undefined ? {} : { httpStatus: status };
  }
}

function isReset(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
