import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { saying, stubUpstream, type UpstreamStub, wholeAnswer } from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

/** So deep that a stack overflows on the way down. */
const levels = 50_000;
const nested = '['.repeat(levels) + ']'.repeat(levels);

let app: WholeApp;
let acme: Customer;
let upstream: UpstreamStub;

beforeAll(async () => {
  upstream = await stubUpstream();
  app = await wholeApp();
  await offer(app.admin, { model: 'acme/writer', provider: 'printer', baseUrl: upstream.url });
  acme = await customer(app, '10');
}, 180_000);
afterAll(async () => {
  await app?.close();
  await upstream?.close();
});
beforeEach(() => upstream.answerWith(saying('Hello')));

/** `@` stands for the nested value. */
async function post(path: string, body: object) {
  const text = JSON.stringify({ model: 'acme/writer', ...body }).replaceAll('"@"', nested);
  const response = await fetch(app.url + path, {
    method: 'POST',
    headers: { Authorization: `Bearer ${acme.key}` },
    body: text,
  });
  return { status: response.status, answer: await response.json() };
}

const hello = { role: 'user', content: 'Hello' };
const chat = '/v1/chat/completions';
const parameters = { type: 'object', properties: '@' };
const call = { type: 'tool_use', id: 'a', name: 'f', input: { a: '@' } };

it.each([
  [chat, { messages: [{ ...hello, reasoning_details: '@' }] }],
  [chat, { messages: [hello], tools: [{ type: 'function', function: { name: 'f', parameters } }] }],
  [chat, { messages: [hello], prediction: '@' }],
  ['/v1/messages', { max_tokens: 9, messages: [{ role: 'assistant', content: [call] }] }],
  ['/v1/responses', { input: 'Hello', text: { verbosity: '@' } }],
])('%s refuses JSON that is nested without an end, and lives on', async (path, body) => {
  const before = await acme.credits();
  const { status, answer } = await post(path, body);
  expect(status).toBe(400);
  expect(answer.error.message).toContain('32 levels deep');
  expect((await post(chat, { messages: [hello] })).status).toBe(200);
  expect(before.balance).toBeGreaterThan((await acme.credits()).balance);
});

it.each(['reasoning_details', 'annotations'])(
  'a provider’s %s do no harm either',
  async (field) => {
    const message = JSON.stringify(wholeAnswer({ content: 'Hello', [field]: '@' }));
    upstream.answerWith((answer) => {
      answer.head(200, { 'content-type': 'application/json' });
      answer.raw.end(message.replace('"@"', nested));
    });
    const { status, answer } = await post(chat, { messages: [hello], max_tokens: 9 });
    expect(status).toBe(502);
    expect(answer.error.metadata.error_type).toBe('provider_unavailable');
    upstream.answerWith(saying('Hello'));
    expect((await post(chat, { messages: [hello] })).status).toBe(200);
  },
);

it('arguments of a tool that a provider nests without an end are handed on as text', async () => {
  const text = `{"a":${nested}}`;
  const tool = { id: 'call_a', type: 'function', function: { name: 'f', arguments: text } };
  upstream.answerWith((answer) =>
    answer.json(200, wholeAnswer({ content: null, tool_calls: [tool] }, 'tool_calls')),
  );
  const { status, answer } = await post('/v1/messages', { max_tokens: 9, messages: [hello] });
  expect(status).toBe(200);
  expect(answer.content).toMatchObject([{ type: 'tool_use', input: { arguments: text } }]);
});
