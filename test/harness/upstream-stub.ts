import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A provider on loopback that does what its script says. */
export interface UpstreamStub {
  /** The base URL as a connector takes it, `/v1` included. */
  readonly url: string;
  /** All requests so far, oldest first. */
  readonly requests: readonly StubRequest[];
  /** Connections that were opened so far. */
  readonly connections: number;
  /** The next request that is not yet in `requests`. */
  nextRequest(): Promise<StubRequest>;
  /**
   * Every request from now on is answered by this script. Its first script says "Hello" properly.
   */
  answerWith(script: StubScript): void;
  close(): Promise<void>;
}

export type StubScript = (answer: StubAnswer, request: StubRequest) => void | Promise<void>;

export interface StubRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
  /** The client closed the connection before the answer was ended. */
  readonly aborted: Promise<void>;
}

/**
 * A step resolves once its bytes are handed to the network, so that a pause is any `await` between
 * two steps.
 */
export interface StubAnswer {
  head(status: number, headers?: Readonly<Record<string, string>>): void;
  write(bytes: string | Buffer): Promise<void>;
  /**
   * Events, after the head of a stream if none was sent: a string is data as it stands, else its
   * JSON.
   */
  sse(...data: readonly unknown[]): Promise<void>;
  json(status: number, body: unknown, headers?: Readonly<Record<string, string>>): void;
  end(): void;
  /** Closes the connection without ending the answer. */
  cut(): void;
  /** The same with a TCP reset. */
  reset(): void;
  /** Bytes that the client has not taken. */
  readonly backlog: number;
  readonly raw: ServerResponse;
}

/** A chunk of a stream in OpenAI's form. */
export function chunk(delta: unknown, finish: string | null = null): unknown {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_760_000_000,
    model: 'stub',
    choices: [{ index: 0, delta, finish_reason: finish }],
  };
}

export const textChunk = (text: string) => chunk({ content: text });
export const finishChunk = (reason = 'stop') => chunk({}, reason);
export const usageChunk = (prompt: number, completion: number) => ({
  choices: [],
  usage: { prompt_tokens: prompt, completion_tokens: completion },
});
export const endMark = '[DONE]';

/** An answer that is not streamed. */
export function wholeAnswer(message: unknown, finish: string | null = 'stop'): unknown {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_760_000_000,
    model: 'stub',
    choices: [{ index: 0, message, finish_reason: finish }],
    usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
  };
}

/** Says it properly, in the form that was asked for. */
export const saying =
  (content: string): StubScript =>
  async (answer, request) => {
    if (request.body['stream'] !== true) return answer.json(200, wholeAnswer({ content }));
    await answer.sse(textChunk(content), finishChunk(), usageChunk(5, 2), endMark);
    answer.end();
  };

export async function stubUpstream(): Promise<UpstreamStub> {
  const requests: StubRequest[] = [];
  const waiting: ((request: StubRequest) => void)[] = [];
  let script = saying('Hello');
  let connections = 0;
  const server = createServer(async (incoming, reply) => {
    const pieces = [];
    for await (const piece of incoming) pieces.push(piece as Buffer);
    const request: StubRequest = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: JSON.parse(Buffer.concat(pieces).toString('utf8') || '{}'),
      aborted: new Promise((resolve) => {
        reply.once('close', () => reply.writableEnded || resolve());
      }),
    };
    requests.push(request);
    for (const resolve of waiting.splice(0)) resolve(request);
    await script(answerOn(reply), request);
  });
  server.on('connection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    get connections() {
      return connections;
    },
    nextRequest: () => new Promise((resolve) => waiting.push(resolve)),
    answerWith(next) {
      script = next;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function answerOn(reply: ServerResponse): StubAnswer {
  const socket = reply.socket as Socket;
  const write = (bytes: string | Buffer) =>
    new Promise<void>((resolve) => void reply.write(bytes, () => resolve()));
  return {
    raw: reply,
    head: (status, headers) => void reply.writeHead(status, headers),
    write,
    sse(...data) {
      if (!reply.headersSent) reply.writeHead(200, { 'content-type': 'text/event-stream' });
      return write(data.map((each) => `data: ${asData(each)}\n\n`).join(''));
    },
    json(status, body, headers) {
      reply.writeHead(status, { 'content-type': 'application/json', ...headers });
      reply.end(typeof body === 'string' ? body : JSON.stringify(body));
    },
    end: () => void reply.end(),
    cut: () => void socket.destroy(),
    reset: () => void socket.resetAndDestroy(),
    get backlog() {
      return socket.writableLength + reply.writableLength;
    },
  };
}

const asData = (data: unknown) => (typeof data === 'string' ? data : JSON.stringify(data));
