import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { callTo, send } from './calls.ts';

let stub: UpstreamStub;
beforeEach(async () => {
  stub = await stubUpstream();
});
afterEach(() => stub.close());

test('a request goes to the completions below the base URL, with its credential', async () => {
  await send(callTo(stub.url));
  const [request] = stub.requests;
  expect([request?.method, request?.path]).toEqual(['POST', '/v1/chat/completions']);
  expect(request?.headers.authorization).toBe('Bearer sk-stub-credential-0123456789');
});

test('a trailing slash and a query of the base URL keep their meaning', async () => {
  await send(callTo(`${stub.url}/?api-version=2026-01-01`));
  expect(stub.requests[0]?.path).toBe('/v1/chat/completions?api-version=2026-01-01');
});

test('a provider without a credential gets none', async () => {
  await send(callTo(stub.url, { target: { secret: null } }));
  expect(stub.requests[0]?.headers.authorization).toBeUndefined();
});

test('a request tells the provider nothing but what it needs', async () => {
  await send(callTo(stub.url, { stream: false }));
  const { host: _host, 'content-length': _length, ...headers } = stub.requests[0]?.headers ?? {};
  expect(headers).toEqual({
    authorization: 'Bearer sk-stub-credential-0123456789',
    'content-type': 'application/json',
    accept: 'application/json',
    'user-agent': `bourse/${manifest.version}`,
    connection: 'keep-alive',
  });
});

test('a whole answer is one batch', async () => {
  const recorded = new URL('fixtures/openai-whole.json', import.meta.url);
  stub.answerWith((answer) => answer.json(200, readFileSync(recorded, 'utf8')));
  const { batches, thrown } = await send(callTo(stub.url, { stream: false }));
  expect(thrown).toBeUndefined();
  expect(batches).toEqual([
    [
      {
        type: 'toolCall',
        index: 0,
        callId: 'call_w1',
        name: 'get_weather',
        arguments: '{"city":"Łódź"}',
      },
      {
        type: 'usage',
        usage: { prompt: 81, completion: 17, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
      },
      { type: 'finish', reason: { unified: 'TOOL_CALLS', raw: 'stop' } },
    ],
  ]);
});
