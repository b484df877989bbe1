import type { ServerResponse } from 'node:http';
import type { Clock } from '#kernel';

/** A line that nobody reads keeps proxies from closing a connection on which nothing comes. */
const keepAliveMs = 12_000;

const lastChunk = '0\r\n\r\n';

export interface EventStream {
  /** Writes at once; resolves when the client can take more, or has left. */
  write(text: string): Promise<void> | void;
  end(text?: string): void;
  readonly started: boolean;
}

/**
 * The body of a `text/event-stream` answer. The headers go out with the first write, so that a
 * refusal before it still has a status of its own; `comment` is sent whenever nothing else was for
 * 12 seconds.
 */
export function openEventStream(options: {
  response: ServerResponse;
  clock: Clock;
  comment: string;
  headers?: Readonly<Record<string, string>>;
}): EventStream {
  const { response, clock, comment } = options;
  let started = false;
  let wroteAt = clock.monotonic();
  let framed = false;

  const start = () => {
    if (started) return;
    started = true;
    response.socket?.setNoDelay(true);
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
      ...options.headers,
    });
    // Node writes a chunk in four pieces, which costs more than the system call that they share.
    framed = response.chunkedEncoding;
    response.chunkedEncoding = false;
  };
  const bytes = (text: string) =>
    framed && text !== '' ? `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n` : text;
  const write = (text: string): Promise<void> | void => {
    start();
    wroteAt = clock.monotonic();
    if (response.destroyed || response.write(bytes(text))) return;
    return drained(response);
  };
  const keepAlive = () => {
    if (wroteAt + keepAliveMs <= clock.monotonic()) void write(`: ${comment}\n\n`);
    timer = clock.after(wroteAt + keepAliveMs - clock.monotonic(), keepAlive);
  };
  let timer = clock.after(keepAliveMs, keepAlive);
  response.once('close', () => timer.cancel());
  return {
    write,
    end(text = '') {
      start();
      timer.cancel();
      response.end(`${bytes(text)}${framed ? lastChunk : ''}`);
    },
    get started() {
      return started;
    },
  };
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
  });
}
