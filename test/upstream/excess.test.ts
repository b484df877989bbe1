import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { silentLog, systemClock } from '#kernel';
import { openConnectors, type UpstreamFault } from '#upstream';
import { callTo, connector, faultOf, outcomeOf, pulled, send } from './calls.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const stream = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n';
const chunkOf = (delta: object) => `data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`;
const call = (index: number) => ({ index, id: `call_${index}`, function: { name: 'f' } });
const calls = Array.from({ length: 2_000 }, (_, index) => call(index));

/** A provider that says the head once, and then the rest again and again while anybody listens. */
async function provider(head: string, rest: string): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const pour = () => {
      while (!socket.destroyed && socket.write(rest));
    };
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(head);
      if (rest === '') return;
      socket.on('drain', pour);
      pour();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/v1`;
}

const failureAt = async (head: string, rest: string): Promise<UpstreamFault['failure']> =>
  (await faultOf(callTo(await provider(head, rest)))).failure;

test.each([
  ['informational answers', '', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1_000)],
  ['comments', stream, ': still here\n\n'.repeat(5_000)],
  ['lines without an end', stream, 'a'.repeat(65_536)],
  ['chunks that say nothing', stream, chunkOf({ content: '' }).repeat(1_000)],
  ['comments behind content', stream + chunkOf({ content: 'Hi' }), ': on\n\n'.repeat(5_000)],
  ['signatures', stream, chunkOf({ reasoning_details: [{ data: 'x'.repeat(9_999) }] })],
  ['tool calls', stream, chunkOf({ tool_calls: calls })],
])('an endless lot of %s is too much', async (_what, head, rest) => {
  expect(await failureAt(head, rest)).toBe('EXCESS');
});

test('silence in between is forgiven, however much there is of it in all', async () => {
  const silent = ': still here\n\n'.repeat(80_000);
  const [word, mark] = [chunkOf({ content: 'Hi' }), 'data: [DONE]\n\n'];
  const end = `data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: 'stop' }] })}\n\n`;
  const once = stream + (silent + word).repeat(20) + end + mark;
  const { text, thrown } = await send(callTo(await provider(once, '')));
  expect([text, thrown]).toEqual(['Hi'.repeat(20), undefined]);
});

test('an endless lot of comments is too much in the protocol of a package, too', async () => {
  const anthropic = openConnectors({ clock: systemClock, log: silentLog })('anthropic');
  const call = callTo(await provider(stream, ': still here\n\n'.repeat(5_000)));
  const { thrown } = await outcomeOf(pulled(anthropic ?? connector(), call));
  expect(anthropic).not.toBeNull();
  expect(thrown).toMatchObject({ failure: 'EXCESS' });
});

test('vectors of more bytes than so many texts can have are too much', async () => {
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n[';
  const { target } = callTo(await provider(head, '0.25,'.repeat(10_000)));
  const { signal } = new AbortController();
  const embedding = connector().embed?.({ target, input: ['Hi'] }, signal);
  await expect(embedding).rejects.toMatchObject({ failure: 'EXCESS' });
});

test('who changes to another protocol is told at once', async () => {
  const head = 'HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';
  expect(await failureAt(head, '')).toBe('MALFORMED');
});
