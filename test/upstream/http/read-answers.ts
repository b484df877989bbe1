import { once } from 'node:events';
import { request } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { Answers } from '../../../src/upstream/http/answers.ts';
import { Reading } from '../../../src/upstream/http/reading.ts';

/** What a reader makes of the bytes of one answer; null when it refuses them. */
export interface Read {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: string;
  /** Whether the end was seen; of an answer that never ends, what has come of it. */
  readonly whole: boolean;
  readonly kept: boolean;
}

/** How ours reads them when they come in these pieces, and then the end of the connection. */
export function readByUs(pieces: readonly Buffer[]): Read | null {
  const read = { status: 0, contentType: undefined as string | undefined, whole: false };
  const body: Buffer[] = [];
  let kept = false;
  const answers = new Answers({
    informed: () => {},
    head: ({ status, headers }) => {
      read.status = status;
      read.contentType = headers['content-type'];
    },
    body: (bytes, start, end) => void body.push(Buffer.from(bytes.subarray(start, end))),
    end: (stays) => {
      read.whole = true;
      kept = stays !== null;
    },
  });
  const shared = Buffer.alloc(64 * 1024);
  try {
    for (const piece of pieces) {
      if (read.whole) break;
      piece.copy(shared);
      answers.read(new Reading(shared, piece.length));
      shared.fill('?'); // what was read is not looked at again
    }
    if (!read.whole) answers.close();
  } catch {
    return null;
  }
  if (read.status === 0) return null;
  return { ...read, body: Buffer.concat(body).toString('latin1'), kept };
}

/** How Node's own client reads them from a socket. */
export async function nodeReader() {
  let bytes: Buffer = Buffer.alloc(0);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => socket.end(bytes));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const read = (given: Buffer): Promise<Read | null> =>
    new Promise((resolve) => {
      bytes = given;
      const asked = request({ port, method: 'POST', agent: false });
      asked.once('error', () => resolve(null));
      asked.once('upgrade', () => resolve(null));
      asked.once('response', (answer) => {
        const body: Buffer[] = [];
        answer.on('data', (piece) => body.push(piece));
        answer.once('error', () => {});
        answer.once('close', () =>
          resolve({
            status: answer.statusCode ?? 0,
            contentType: answer.headers['content-type'],
            body: Buffer.concat(body).toString('latin1'),
            whole: answer.complete,
            kept: false,
          }),
        );
      });
      asked.end('{}');
    });
  return { read, close: () => server.close() };
}
