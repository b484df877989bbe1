import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sendParts } from '../../src/http/exchange.ts';

let parts: readonly string[] = [];
const server = createServer((_request, response) => sendParts(response, 200, parts));
let url = '';

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => void server.close());

test.each([
  ['small', 10],
  ['large', 20_000],
])('parts of a %s answer arrive whole, their bytes counted', async (_size, times) => {
  parts = [`{"text":"${'é€😀'.repeat(times)}"`, ',"more":1}'];
  const response = await fetch(url);
  const bytes = Buffer.from(await response.arrayBuffer());
  expect(bytes.toString()).toBe(parts.join(''));
  expect(response.headers.get('content-length')).toBe(String(bytes.length));
});
