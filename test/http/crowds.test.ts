import { once } from 'node:events';
import { createClient } from 'graphql-ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { Allowance } from '../../src/http/allowance.ts';
import { key, serve, standIn } from '../harness/stand-in-rooms.ts';

let server: Awaited<ReturnType<typeof serve>>;
let open: WebSocket[] = [];

beforeEach(async () => {
  server = await serve(standIn(), { anonymous: { sockets: 2, feeds: 1 } });
});
afterEach(async () => {
  for (const socket of open) socket.terminate();
  open = [];
  await server.close();
});

const address = () => `${server.url.replace('http', 'ws')}/graphql`;

function dial(headers: Record<string, string> = {}): WebSocket {
  const socket = new WebSocket(address(), 'graphql-transport-ws', { headers });
  socket.on('error', () => {}); // one that was refused
  open.push(socket);
  return socket;
}

async function greeted(payload: object = {}): Promise<WebSocket> {
  const socket = dial();
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload }));
  await once(socket, 'message');
  return socket;
}

describe('sockets without credentials', () => {
  it('one too many from an address is refused with 429; who leaves makes room', async () => {
    const [first] = await Promise.all([greeted(), greeted()]);
    const [, response] = await once(dial(), 'unexpected-response');
    expect(response.statusCode).toBe(429);
    first.close();
    await once(first, 'close');
    await expect.poll(() => server.http.sockets).toBe(1);
    await greeted();
  });

  it('one with a key is let in all the same', async () => {
    await Promise.all([greeted(), greeted()]);
    const socket = dial({ authorization: `Bearer ${key}` });
    await once(socket, 'open');
  });

  it('of those that come at once, the ones too many are sent away to come back later', async () => {
    const sockets = [dial(), dial(), dial()];
    await Promise.all(sockets.map((socket) => once(socket, 'open')));
    const closed = sockets.map((socket) => once(socket, 'close'));
    for (const socket of sockets) socket.send(JSON.stringify({ type: 'connection_init' }));
    const [code] = await Promise.race(closed);
    expect(code).toBe(1013);
  });

  it('many with a key count for none of them', async () => {
    const keyed = { authorization: `Bearer ${key}` };
    await Promise.all([greeted(keyed), greeted(keyed), greeted(keyed)]);
    await greeted();
  });
});

describe('feeds without credentials', () => {
  const feed = 'subscription { rankings { rank } }';

  it('one too many from an address is refused, over either transport', async () => {
    const client = createClient({ url: address(), webSocketImpl: WebSocket, lazy: false });
    const first = client.iterate({ query: feed });
    const running = first.next().catch(() => {});
    await expect.poll(async () => refusedBySse()).toContain('RATE_LIMITED');
    await first.return?.();
    await running;
    await client.dispose();
    await expect.poll(async () => refusedBySse()).not.toContain('RATE_LIMITED');
  });

  /** What the first read of one more feed says. */
  async function refusedBySse(): Promise<string> {
    const leave = new AbortController();
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: feed }),
      signal: leave.signal,
    });
    const read = await response.body?.getReader().read();
    leave.abort();
    return Buffer.from(read?.value ?? []).toString();
  }
});

it('a place is given back once, however often it is said', () => {
  const allowance = new Allowance(1);
  const giveBack = allowance.take('somebody');
  expect(allowance.take('somebody')).toBeNull();
  giveBack?.();
  giveBack?.();
  expect(allowance.take('somebody')).not.toBeNull();
  expect(allowance.isFull('somebody')).toBe(true);
  expect(allowance.isFull('somebody else')).toBe(false);
});
