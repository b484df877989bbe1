import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A request as the bytes that go over the wire, so that the client costs as little as it can. */
export function requestBytes(request: {
  path: string;
  headers?: Readonly<Record<string, string>>;
  body: string;
}): Buffer {
  const { path, headers, body } = request;
  const lines = Object.entries({
    host: 'bench',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
}

export interface HttpReply {
  readonly status: number;
  readonly body: Buffer;
  /** From the request until the first byte of the body. */
  readonly firstByteMs: number;
  readonly totalMs: number;
}

const blankLine = Buffer.from('\r\n\r\n');
const lastChunk = Buffer.from('\r\n0\r\n\r\n');

/** One kept connection that carries one request at a time. */
export class HttpConnection {
  readonly #socket: Socket;
  #pieces: Buffer[] = [];
  #take: (piece: Buffer) => void = () => {};
  #fail: (thrown: Error) => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (piece) => this.#take(piece));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  static async open(url: string): Promise<HttpConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, 'connect');
    return new HttpConnection(socket);
  }

  send(request: Buffer): Promise<HttpReply> {
    const begun = performance.now();
    this.#pieces = [];
    let head: Head | null = null;
    let firstByteMs = 0;
    let bytes = 0;
    let tail = Buffer.alloc(0);
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#take = (piece) => {
        this.#pieces.push(piece);
        bytes += piece.length;
        tail = endOf(tail, piece);
        head ??= headIn(this.#pieces);
        if (!head || bytes <= head.length) return;
        firstByteMs ||= performance.now() - begun;
        if (!isWhole(head, bytes, tail)) return;
        const body = bodyOf(Buffer.concat(this.#pieces), head);
        resolve({ status: head.status, body, firstByteMs, totalMs: performance.now() - begun });
      };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#fail = () => {};
    this.#socket.destroy();
  }
}

interface Head {
  readonly status: number;
  /** In bytes, its blank line included. */
  readonly length: number;
  /** Of the body; null: in chunks. */
  readonly contentLength: number | null;
}

function headIn(pieces: readonly Buffer[]): Head | null {
  const bytes = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
  const end = bytes?.indexOf(blankLine) ?? -1;
  if (!bytes || end < 0) return null;
  const text = bytes.toString('latin1', 0, end);
  const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
  return {
    status: Number(text.slice(9, 12)),
    length: end + blankLine.length,
    contentLength: length === undefined ? null : Number(length),
  };
}

/** The last bytes that have come, as many as tell the end of a body in chunks. */
function endOf(tail: Buffer, piece: Buffer): Buffer<ArrayBuffer> {
  const bytes = piece.length >= lastChunk.length ? piece : Buffer.concat([tail, piece]);
  return Buffer.from(bytes.subarray(-lastChunk.length));
}

/** Nothing follows an answer until the next request, so its last bytes tell the end. */
function isWhole(head: Head, bytes: number, tail: Buffer): boolean {
  if (head.contentLength === null) return tail.equals(lastChunk);
  return bytes >= head.length + head.contentLength;
}

function bodyOf(bytes: Buffer, { length, contentLength }: Head): Buffer {
  if (contentLength !== null) return bytes.subarray(length);
  const parts: Buffer[] = [];
  for (let at = length; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}
