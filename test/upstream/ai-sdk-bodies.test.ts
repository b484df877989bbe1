import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog, systemClock } from '#kernel';
import { openConnectors } from '#upstream';
import { stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { callTo, outcomeOf, pulled } from './calls.ts';

const connectors = openConnectors({ clock: systemClock, log: silentLog });

let stub: UpstreamStub;
beforeAll(async () => {
  stub = await stubUpstream();
});
afterAll(() => stub?.close());

/** What the connector makes of this body, sent with status 200. */
function answered(name: string, type: string, body: string) {
  stub.answerWith(async (reply) => {
    reply.head(200, { 'content-type': type });
    await reply.write(body);
    reply.end();
  });
  const connector = connectors(name);
  if (!connector) throw new TypeError(`no connector ${name}`);
  return outcomeOf(pulled(connector, callTo(stub.url)));
}

test.each([
  ['anthropic', 'anthropic-thinking-tools.sse', 'event: content_block_delta'],
  ['cohere', 'cohere-text.sse', 'event: content-delta'],
])('an event that %s has added since is none of the answer', async (name, file, before) => {
  const recorded = readFileSync(new URL(`fixtures/${file}`, import.meta.url), 'utf8');
  const added = 'event: added\ndata: {"type":"added","delta":1}\n\n';
  const answer = async (body: string) => (await answered(name, 'text/event-stream', body)).events;
  const without = await answer(recorded);
  expect(without.at(-1)?.type).toBe('finish');
  expect(await answer(recorded.replaceAll(before, added + before))).toEqual(without);
});

test.each([
  ['no answer of the protocol', 'text/html', '<html>Sign in</html>', 'CONTENT_TYPE'],
  [
    'an error without a stream',
    'application/json',
    '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
    'OVERLOADED',
  ],
])('%s with status 200 is told as such', async (_, type, body, failure) => {
  expect((await answered('anthropic', type, body)).thrown).toMatchObject({ failure });
});
