import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '#kernel';

/** A line that nobody reads keeps proxies from closing a connection on which nothing comes. */
const keepAliveMs = 12_000;

const lastChunk = '0\r\n\r\n';

export interface EventStreamOptions {
  readonly response: ServerResponse;
  readonly clock: Clock;
  readonly comment: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The body of a `text/event-stream` answer. The headers go out with the first write, so that a
 * refusal before it still has a status of its own; `comment` is sent whenever nothing else was for
 * 12 seconds.
 */
export class EventStream {
  readonly #options: EventStreamOptions;
  #timer: Timer;
  #wroteAtMs: number;
  #started = false;
  #framed = false;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    const { response, clock } = options;
    this.#wroteAtMs = clock.monotonic();
    this.#timer = clock.after(keepAliveMs, this.#keepAlive);
    response.once('close', () => this.#timer.cancel());
  }

  get started(): boolean {
    return this.#started;
  }

  /** Writes at once; resolves when the client can take more, or has left. */
  write(text: string): Promise<void> | void {
    const { response, clock } = this.#options;
    this.#wroteAtMs = clock.monotonic();
    // Behind the head the socket itself: Node corks, queues and uncorks what an answer writes.
    const out = this.#started ? response.socket : response;
    this.#start();
    if (response.destroyed || !out || out.write(this.#bytes(text))) return;
    return drained(response);
  }

  end(text = ''): void {
    this.#start();
    this.#timer.cancel();
    this.#options.response.end(`${this.#bytes(text)}${this.#framed ? lastChunk : ''}`);
  }

  readonly #keepAlive = (): void => {
    const { clock, comment } = this.#options;
    const leftMs = () => this.#wroteAtMs + keepAliveMs - clock.monotonic();
    if (leftMs() <= 0) void this.write(`: ${comment}\n\n`);
    this.#timer = clock.after(leftMs(), this.#keepAlive);
  };

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    const { response, headers } = this.#options;
    response.socket?.setNoDelay(true);
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
      ...headers,
    });
    // Node writes a chunk in four pieces, which costs more than the system call that they share.
    this.#framed = response.chunkedEncoding;
    response.chunkedEncoding = false;
  }

  #bytes(text: string): string {
    if (!this.#framed || text === '') return text;
    return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
  }
}

function drained(response: ServerResponse): Promise<void> {
  const { socket } = response;
  return new Promise((resolve) => {
    const done = () => {
      socket?.off('drain', done);
      response.off('close', done);
      resolve();
    };
    socket?.once('drain', done);
    response.once('close', done);
  });
}
