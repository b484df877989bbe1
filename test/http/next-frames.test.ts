import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { nextFrames } from '../../src/http/graphql/sockets/next-frames.ts';

let server: WebSocketServer;

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, perMessageDeflate: false });
  await once(server, 'listening');
});
afterEach(() => {
  for (const client of server.clients) client.terminate();
  server.close();
});

const edges = [80, 125, 126, 1_000, 65_535, 65_536];
const around = '{"id":"1","type":"next","payload":}'.length;

const forms = edges.flatMap((bytes) => [
  { bytes, as: 'bytes', letter: 'é' },
  { bytes, as: 'text', letter: 'é' },
  { bytes, as: 'text', letter: 'e' },
]);

it.each(forms)(
  'a client reads $bytes bytes made of $as, $letter, and what comes after',
  async ({ bytes, as, letter }) => {
    const letters = Math.floor((bytes - around - 2) / Buffer.byteLength(letter));
    const dot = around + 2 + letters * Buffer.byteLength(letter) < bytes ? '.' : '';
    const payload = `"${letter.repeat(letters)}${dot}"`;
    server.once('connection', (accepted, request) => {
      const given = as === 'text' ? payload : Buffer.from(payload);
      for (const piece of nextFrames('1')(given)) {
        request.socket.write(piece, 'latin1');
      }
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
  },
);

it('an id stands in the frame as JSON, whatever it holds', async () => {
  server.once('connection', (_accepted, { socket }) => {
    const frame = nextFrames('"\\é')(Buffer.from('{"data":null}'));
    for (const piece of frame) socket.write(piece, 'latin1');
  });
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [data] = await once(client, 'message');
  expect(JSON.parse(String(data))).toEqual({
    id: '"\\é',
    type: 'next',
    payload: { data: null },
  });
});
