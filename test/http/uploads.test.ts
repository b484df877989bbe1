import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { bodyOf, openExchange } from '../../src/http/exchange.ts';
import { Uploads, uncountedBytes } from '../../src/http/uploads.ts';

const large = uncountedBytes * 2;
const limits = { address: large * 2, all: large * 3 };

it('an address may have so much on its way at once, and all together so much', () => {
  const uploads = new Uploads(limits);
  const [one, two, three] = [uploads.begin('a'), uploads.begin('a'), uploads.begin('a')];
  expect([one, two, three].map((upload) => upload.holds(large))).toEqual([true, true, false]);
  expect(uploads.begin('b').holds(large)).toBe(true);
  expect(uploads.begin('c').holds(large)).toBe(false);
  one.end();
  one.end();
  expect(three.holds(large)).toBe(true);
  expect(uploads.begin('b').holds(large)).toBe(false);
});

it('small bodies are always taken', () => {
  const uploads = new Uploads({ address: 0, all: 0 });
  expect(uploads.begin('a').holds(uncountedBytes)).toBe(true);
  expect(uploads.begin('a').holds(uncountedBytes + 1)).toBe(false);
});

it('a body that grows is counted once', () => {
  const uploads = new Uploads({ address: large, all: large });
  const upload = uploads.begin('a');
  for (let bytes = 1; bytes <= large; bytes *= 2) expect(upload.holds(bytes)).toBe(true);
  expect(upload.holds(large)).toBe(true);
  expect(upload.holds(large + 1)).toBe(false);
});

function sending(uploads: Uploads) {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  const body = bodyOf(openExchange(request, response), uploads);
  return { request, response, body };
}

it('a large body is refused while others are on their way, and taken after them', async () => {
  const uploads = new Uploads(limits);
  const slow = [sending(uploads), sending(uploads)];
  for (const { request } of slow) request.emit('data', Buffer.alloc(large));
  const late = sending(uploads);
  late.request.emit('data', Buffer.alloc(large));
  await expect(late.body).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 1_000 });
  expect(late.response.getHeader('Connection')).toBe('close');
  slow[0]?.request.emit('end');
  expect(await slow[0]?.body).toHaveLength(large);
  slow[0]?.request.emit('close');
  const later = sending(uploads);
  later.request.emit('data', Buffer.alloc(large));
  later.request.emit('end');
  expect(await later.body).toHaveLength(large);
});
