import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  chunk,
  endMark,
  finishChunk,
  stubUpstream,
  type UpstreamStub,
  usageChunk,
  wholeAnswer,
} from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let app: WholeApp;
let acme: Customer;
let upstream: UpstreamStub;

const call = {
  index: 0,
  id: 'call_1',
  type: 'function',
  function: { name: 'look', arguments: '{}' },
};
const thinking = { content: null, reasoning_content: 'I look.', tool_calls: [call] };

beforeAll(async () => {
  upstream = await stubUpstream();
  upstream.answerWith(async (answer, { body }) => {
    if (!body['stream']) return answer.json(200, wholeAnswer(thinking, 'tool_calls'));
    await answer.sse(chunk(thinking), finishChunk('tool_calls'), usageChunk(5, 2), endMark);
    answer.end();
  });
  app = await wholeApp();
  const place = { provider: 'seeker', connector: 'deepseek', baseUrl: upstream.url };
  await offer(app.admin, { ...place, model: 'acme/thinker', supportedParameters: ['tools'] });
  const proxied = { provider: 'deepseek', baseUrl: upstream.url };
  await offer(app.admin, { ...proxied, model: 'acme/proxied', supportedParameters: ['tools'] });
  acme = await customer(app, '1000');
}, 180_000);
afterAll(async () => {
  await app?.close();
  await upstream?.close();
});

async function post(path: string, body: object) {
  const response = await fetch(app.url + path, {
    method: 'POST',
    headers: { Authorization: `Bearer ${acme.key}` },
    body: JSON.stringify({ model: 'acme/thinker', ...body }),
  });
  const answer = await response.json();
  expect([response.status, answer.error ?? null]).toEqual([200, null]);
  return answer;
}

/** Of the assistant's turn, what the provider was told last that it had thought. */
function thoughtBack(): unknown {
  const { messages } = upstream.requests.at(-1)?.body ?? {};
  return (messages as { reasoning_content?: string }[] | undefined)?.[1]?.reasoning_content;
}

const hello = { role: 'user', content: 'Hello' };

it('chat: a message that goes back as it came brings what was thought', async () => {
  const tools = [{ type: 'function', function: { name: 'look' } }];
  const path = '/v1/chat/completions';
  const { message } = (await post(path, { messages: [hello], tools })).choices[0];
  const result = { role: 'tool', tool_call_id: 'call_1', content: 'Rain' };
  await post(path, { messages: [hello, message, result], tools });
  expect(thoughtBack()).toBe('I look.');
  const { reasoning: reasoning_content, ...rest } = message;
  await post(path, { messages: [hello, { ...rest, reasoning_content }, result], tools });
  expect(thoughtBack()).toBe('I look.');
});

it('messages: a thinking block does', async () => {
  const asked = { max_tokens: 50, tools: [{ name: 'look', input_schema: { type: 'object' } }] };
  const { content } = await post('/v1/messages', { ...asked, messages: [hello] });
  const result = { type: 'tool_result', tool_use_id: 'call_1', content: 'Rain' };
  const turns = [hello, { role: 'assistant', content }, { role: 'user', content: [result] }];
  await post('/v1/messages', { ...asked, messages: turns });
  expect(thoughtBack()).toBe('I look.');
});

it('responses: a reasoning item does', async () => {
  const tools = [{ type: 'function', name: 'look' }];
  const { output } = await post('/v1/responses', { input: [hello], tools });
  const result = { type: 'function_call_output', call_id: 'call_1', output: 'Rain' };
  await post('/v1/responses', { input: [hello, ...output, result], tools });
  expect(thoughtBack()).toBe('I look.');
});

it('so does a provider of the catalog behind a proxy of any address', async () => {
  const answer = { role: 'assistant', content: 'Hi', reasoning: 'I look.' };
  await post('/v1/chat/completions', { model: 'acme/proxied', messages: [hello, answer, hello] });
  expect(thoughtBack()).toBe('I look.');
});
