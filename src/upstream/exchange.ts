import {
  type Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { urlToHttpOptions } from 'node:url';
import { type Clock, invariant } from '#kernel';
import { connectionFault } from './connection-fault.ts';
import { type AttemptTimeouts, UpstreamFault } from './connector.ts';
import { type AttemptWatch, watchAttempt } from './watch.ts';

export interface ExchangeOptions {
  readonly url: URL;
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
/** How long a connection may linger after the end mark before it is closed instead of kept. */
const lingerMs = 1_000;

/**
 * One POST and its answer, pulled read by read. While nobody pulls, the socket is paused, so
 * memory is bounded by the kernel's buffers and one read. It never follows a redirect. The
 * signal, a time-out or `close` ends the connection at once, in whatever phase it is.
 */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #watch: AttemptWatch;
  #request: ClientRequest;
  #response: IncomingMessage | null = null;
  #connected = false;
  /** What came since the last pull: one socket read may bring many HTTP chunks. */
  #held: Buffer[] = [];
  #flowing = false;
  #ended = false;
  #finished = false;
  #failure: { readonly reason: unknown } | null = null;
  #changed: (() => void) | null = null;

  constructor(options: ExchangeOptions) {
    options.signal.throwIfAborted();
    this.#options = options;
    this.#watch = watchAttempt(options.clock, options.timeouts, (failure) =>
      this.#fail(new UpstreamFault({ failure, ...this.#status() })),
    );
    options.signal.addEventListener('abort', this.#abort, { once: true });
    this.#request = this.#dial(options.agent);
  }

  /** Status and headers, as soon as they are here. */
  async reply(): Promise<IncomingMessage> {
    while (!this.#response) {
      if (this.#failure) throw this.#failure.reason;
      await this.#change();
    }
    return this.#response;
  }

  /** The bytes of the next socket read, in pieces; null at the end of the body. */
  async read(): Promise<readonly Buffer[] | null> {
    if (!this.#flowing) this.#flow();
    for (;;) {
      if (this.#held.length > 0) {
        const pieces = this.#held;
        this.#held = [];
        if (this.#response?.isPaused()) this.#resume();
        return pieces;
      }
      if (this.#failure) throw this.#failure.reason;
      if (this.#ended) return null;
      await this.#change();
    }
  }

  /** Tells the clock that content has come: the idle time counts from now on. */
  contentSeen(): void {
    this.#watch.content();
  }

  /** Takes what has come for the whole body. */
  stopReading(): void {
    this.#ended = true;
    this.#request.destroy();
    this.#wake();
  }

  /** The answer is whole by its protocol: lets the connection go back to the pool. */
  finish(): void {
    this.#finished = true;
    this.#release();
    if (this.#ended) return;
    const linger = this.#options.clock.after(lingerMs, () => this.#request.destroy());
    this.#request.once('close', () => linger.cancel());
    this.#response?.resume();
  }

  /** Ends the connection unless the answer was whole. */
  close(): void {
    if (this.#finished) return;
    this.#release();
    if (!this.#ended) this.#request.destroy();
  }

  #dial(agent: Agent | false): ClientRequest {
    const { url, headers, body } = this.#options;
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send({
      ...urlToHttpOptions(url),
      method: 'POST',
      headers,
      agent,
      maxHeaderSize: headerBytesMax,
    });
    request.once('socket', (socket) => this.#follow(socket, url.protocol));
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
    if (stale && !this.#failure && !this.#finished) {
      this.#connected = false;
      this.#request = this.#dial(false);
      return;
    }
    this.#fail(connectionFault(error, { connected: this.#connected, ...this.#status() }));
  }

  #receive(response: IncomingMessage): void {
    this.#response = response;
    this.#options.onHeaders?.(response.headers);
    response.on('error', (error) =>
      this.#fail(connectionFault(error, { connected: true, ...this.#status() })),
    );
    this.#wake();
  }

  #flow(): void {
    const response = this.#response;
    invariant(response, 'a body is read after its headers');
    this.#flowing = true;
    response.once('end', () => {
      this.#ended = true;
      this.#wake();
    });
    response.on('data', (bytes: Buffer) => this.#take(response, bytes));
  }

  #take(response: IncomingMessage, bytes: Buffer): void {
    if (this.#finished || this.#failure) return;
    this.#watch.read();
    const pulled = this.#changed !== null || this.#held.length > 0;
    this.#held.push(bytes);
    if (pulled) {
      this.#wake();
    } else {
      response.pause();
      this.#watch.rest();
    }
  }

  #resume(): void {
    this.#watch.wake();
    this.#response?.resume();
  }

  readonly #abort = () => {
    this.#held = [];
    this.#fail(this.#options.signal.reason);
  };

  #fail(reason: unknown): void {
    if (this.#failure || this.#finished) return;
    this.#failure = { reason };
    this.#release();
    this.#request.destroy();
    this.#wake();
  }

  #release(): void {
    this.#watch.end();
    this.#options.signal.removeEventListener('abort', this.#abort);
  }

  #status(): { httpStatus?: number } {
    const status = this.#response?.statusCode;
    return status === undefined ? {} : { httpStatus: status };
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = resolve;
    });
  }

  #wake(): void {
    const changed = this.#changed;
    this.#changed = null;
    changed?.();
  }
}

function isReset(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
