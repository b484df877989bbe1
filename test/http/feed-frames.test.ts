import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { feedFrames } from '../../src/http/graphql/feed-frames.ts';

let server: WebSocketServer;

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, perMessageDeflate: false });
  await once(server, 'listening');
});
afterEach(() => {
  for (const client of server.clients) client.terminate();
  server.close();
});

const edges = [80, 125, 126, 65_535, 65_536];
const around = '{"id":"1","type":"next","payload":}'.length;

it.each(edges)('a client reads a frame of %i bytes, and what ws sends after it', async (bytes) => {
  const payload = `"${'é'.repeat((bytes - around - 2) >> 1)}${bytes % 2 ? '' : '.'}"`;
  server.once('connection', (accepted, request) => {
    for (const piece of feedFrames('1')(Buffer.from(payload))) request.socket.write(piece);
    accepted.send('after');
  });
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const heard: string[] = [];
  const both = new Promise<void>((resolve) => {
    client.on('message', (data: Buffer) => {
      if (heard.push(String(data)) === 2) resolve();
    });
  });
  await both;
  expect(Buffer.byteLength(heard[0] ?? '')).toBe(bytes);
  expect(heard).toEqual([`{"id":"1","type":"next","payload":${payload}}`, 'after']);
});

it('an id stands in the frame as JSON, whatever it holds', async () => {
  server.once('connection', (_accepted, { socket }) => {
    const frame = feedFrames('"\\é')(Buffer.from('{"data":null}'));
    for (const piece of frame) socket.write(piece);
  });
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [data] = await once(client, 'message');
  expect(JSON.parse(String(data))).toEqual({
    id: '"\\é',
    type: 'next',
    payload: { data: null },
  });
});
