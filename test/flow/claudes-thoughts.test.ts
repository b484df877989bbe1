import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { type Customer, customer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

const model = 'anthropic/claude-sonnet-latest';
const recorded = readFileSync(
  new URL('../upstream/fixtures/anthropic-thinking-tools.sse', import.meta.url),
);
const thought = { thinking: 'The weather in Łódź, then.', signature: 'EqQBCkYIBxgC' };
const tools = [{ name: 'get_weather', input_schema: { type: 'object' } }];
const weather = { role: 'user', content: 'Weather?' };

let app: WholeApp;
let acme: Customer;
let upstream: UpstreamStub;

beforeAll(async () => {
  upstream = await stubUpstream();
  const settings = { ANTHROPIC_API_KEY: 'a-key', ANTHROPIC_BASE_URL: upstream.url };
  app = await wholeApp({ settings });
  acme = await customer(app, '10');
}, 180_000);
afterAll(async () => {
  await app?.close();
  await upstream?.close();
});
beforeEach(() =>
  upstream.answerWith((answer) => {
    answer.head(200, { 'content-type': 'text/event-stream' });
    answer.raw.end(recorded);
  }),
);

async function post(path: string, body: object) {
  const response = await fetch(app.url + path, {
    method: 'POST',
    headers: { Authorization: `Bearer ${acme.key}` },
    body: JSON.stringify({ model, ...body }),
  });
  expect(response.status).toBe(200);
  return response.text();
}

/** What Anthropic was told last that Claude had said. */
function toldBack(): unknown {
  const messages = upstream.requests.at(-1)?.body['messages'];
  return (messages as { content: unknown }[] | undefined)?.[1]?.content;
}

const signed = [
  { type: 'thinking', ...thought },
  { type: 'text', text: 'I look it up.' },
  { type: 'tool_use', id: 'toolu_01', name: 'get_weather' },
];

it('messages: a thought comes with its signature and goes back with it', async () => {
  const asked = { max_tokens: 4_000, thinking: { type: 'enabled', budget_tokens: 2_000 }, tools };
  const first = JSON.parse(await post('/v1/messages', { ...asked, messages: [weather] }));
  expect(first.content).toMatchObject(signed);
  const result = { type: 'tool_result', tool_use_id: 'toolu_01', content: 'Rain' };
  const messages = [
    weather,
    { role: 'assistant', content: first.content },
    { role: 'user', content: [result] },
  ];
  const stream = await post('/v1/messages', { ...asked, messages, stream: true });
  expect(toldBack()).toMatchObject(signed);
  const delta = { type: 'signature_delta', signature: thought.signature };
  expect(stream).toContain(`"delta":${JSON.stringify(delta)}`);
});

it('responses: it goes back as the content that was sealed', async () => {
  const asked = { max_output_tokens: 4_000, reasoning: { effort: 'low' } };
  const first = JSON.parse(await post('/v1/responses', { ...asked, input: 'Weather?' }));
  const result = { type: 'function_call_output', call_id: 'toolu_01', output: 'Rain' };
  await post('/v1/responses', { ...asked, input: [weather, ...first.output, result] });
  expect(toldBack()).toMatchObject(signed);
});

it('chat: it has the form that clients of OpenRouter give back', async () => {
  const asked = { max_tokens: 4_000, reasoning: { effort: 'low' } };
  const first = JSON.parse(await post('/v1/chat/completions', { ...asked, messages: [weather] }));
  const { message } = first.choices[0];
  const { thinking: text, signature } = thought;
  expect(message.reasoning_details).toEqual([
    { type: 'reasoning.text', text, signature, format: 'anthropic-claude-v1' },
  ]);
  const result = { role: 'tool', tool_call_id: 'toolu_01', content: 'Rain' };
  await post('/v1/chat/completions', { ...asked, messages: [weather, message, result] });
  expect(toldBack()).toMatchObject(signed);
});

it('messages: a thought that is kept from the caller is a block of its own', async () => {
  const redacted = { type: 'redacted_thinking', data: 'sealed' };
  const usage = { input_tokens: 5, output_tokens: 3 };
  const events = [
    { type: 'message_start', message: { id: 'msg_1', model: 'claude', content: [], usage } },
    { type: 'content_block_start', index: 0, content_block: redacted },
    { type: 'content_block_stop', index: 0 },
    { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Rain.' } },
    { type: 'content_block_stop', index: 1 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage },
    { type: 'message_stop' },
  ];
  upstream.answerWith((answer) => {
    answer.head(200, { 'content-type': 'text/event-stream' });
    answer.raw.end(
      events.map((one) => `event: ${one.type}\ndata: ${JSON.stringify(one)}\n\n`).join(''),
    );
  });
  const asked = { max_tokens: 4_000, thinking: { type: 'enabled', budget_tokens: 2_000 } };
  const stream = await post('/v1/messages', { ...asked, messages: [weather], stream: true });
  const blocks = [...stream.matchAll(/"content_block":(\{[^}]*\})/g)].map(([, block]) => block);
  expect(blocks.map((block) => JSON.parse(block ?? ''))).toMatchObject([redacted, { text: '' }]);
  const text = { type: 'text', text: 'Rain.' };
  const messages = [weather, { role: 'assistant', content: [redacted, text] }, weather];
  await post('/v1/messages', { ...asked, messages });
  expect(toldBack()).toMatchObject([redacted, text]);
});
