import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Customer, customer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let app: WholeApp;
let acme: Customer;

beforeAll(async () => {
  app = await wholeApp();
  acme = await customer(app, '10');
}, 180_000);
afterAll(() => app?.close());

const chat = '/v1/chat/completions';
const messages = '/v1/messages';
const responses = '/v1/responses';
const hello = { role: 'user', content: 'Hello' };

async function post(path: string, fields: object) {
  const asked = path === responses ? { input: 'Hello' } : { messages: [hello] };
  const most = path === messages ? { max_tokens: 99 } : {};
  const response = await fetch(app.url + path, {
    method: 'POST',
    headers: { Authorization: `Bearer ${acme.key}` },
    body: JSON.stringify({ model: 'sandbox/echo', ...asked, ...most, ...fields }),
  });
  return { status: response.status, answer: await response.json() };
}

const refused = (error: { param?: string; metadata: { issues?: { path: string }[] } }) =>
  error.param ?? error.metadata.issues?.[0]?.path;

const named = (name: string) => [{ type: 'function', function: { name } }];
const block = (one: object) => [{ role: 'user', content: [one] }];
const use = { type: 'tool_use', id: 'a', name: 'f', input: {} };

it('a price ceiling above ten dollars is a ceiling like any', async () => {
  const dear = { max_price: { prompt: 15, completion: 123_456.7 } };
  expect((await post(chat, { provider: dear })).status).toBe(200);
});

it.each<[string, object, string]>([
  [chat, { max_completion_tokens: 0 }, 'max_completion_tokens'],
  [chat, { max_tokens: 0 }, 'max_tokens'],
  [chat, { tools: named('bad name') }, 'tools.0.function.name'],
  [
    chat,
    { response_format: { type: 'json_schema', json_schema: { name: 'a' } } },
    'response_format.json_schema.schema',
  ],
  [chat, { provider: { max_price: { prompt: -1 } } }, 'provider.max_price.prompt'],
  [chat, { provider: { max_price: { completion: 'a' } } }, 'provider.max_price.completion'],
  [chat, { tool_choice: 'required' }, 'tool_choice'],
  [chat, { moderation: { model: 'a' } }, 'moderation'],
  [chat, { reasoning: { mode: 'pro' } }, 'reasoning.mode'],
  [chat, { reasoning_effort: 'low', reasoning: { effort: 'high' } }, 'reasoning_effort'],
  [
    chat,
    { messages: block({ type: 'file', file: { file_data: 'https://a.example/b' } }) },
    'messages.0.content.0.file.file_data',
  ],
  [responses, { input: [] }, 'input'],
  [responses, { transforms: ['middle-out'] }, 'transforms'],
  [responses, { frequency_penalty: 9 }, 'frequency_penalty'],
  [responses, { include: ['message.output_text.logprobs'] }, 'include.0'],
  [messages, { thinking: { type: 'enabled', budget_tokens: 0 } }, 'thinking.budget_tokens'],
  [messages, { messages: [hello, { role: 'user', content: [] }] }, 'messages.1.content'],
  [messages, { messages: block(use) }, 'messages.0.content.0.type'],
  [
    messages,
    { messages: [hello, { role: 'assistant', content: [{ type: 'tool_result' }] }] },
    'messages.1.content.0.type',
  ],
  [messages, { metadata: { user_id: 'u'.repeat(257) } }, 'metadata.user_id'],
  [messages, { user: 'u'.repeat(257) }, 'user'],
  [messages, { speed: 'fast' }, 'speed'],
  [messages, { inference_geo: 'us' }, 'inference_geo'],
])('%s with %j is refused by the name that the caller gave it', async (path, fields, field) => {
  const { status, answer } = await post(path, fields);
  expect([status, refused(answer.error)]).toEqual([400, field]);
});

it.each<[string, object, RegExp]>([
  [chat, { stop: 5 }, /It is 5. Accepted: a text or a list\./],
  [
    chat,
    { tool_choice: 'maybe' },
    /It is "maybe". Accepted: "auto", "none", "required" or an object\./,
  ],
  [chat, { messages: undefined }, /messages: It is missing. Accepted: a list\./],
  [chat, { messages: [{ role: 'human' }] }, /It is "human". Accepted: "system", .* or "tool"\./],
  [chat, { temperature: '0.5' }, /temperature: It is a text. Accepted: a number\./],
  [chat, { stream: 'true' }, /stream: It is a text. Accepted: true or false\./],
  [
    chat,
    { provider: { data_colection: 'deny' } },
    /provider.data_colection: There is no parameter/,
  ],
  [
    chat,
    { provider: { max_price: { promt: 1 } } },
    /provider.max_price.promt: There is no parameter/,
  ],
  [messages, { max_tokens: undefined }, /max_tokens: It is missing. Accepted: a (whole )?number\./],
  [messages, { messages: block({ type: 'txt' }) }, /It is "txt". Accepted: "text", .* or "\w+"\./],
  [responses, { input: undefined }, /input: It is missing. Accepted: a text or a list\./],
  [responses, { input: 5 }, /It is 5. Accepted: a text or a list\./],
  ['/v1/embeddings', {}, /input: It is missing. Accepted: a text, or a list of texts\./],
])('%s with %j says what is wrong and what would be right', async (path, fields, words) => {
  const { status, answer } = await post(path, fields);
  expect(status).toBe(400);
  expect(answer.error.message).toMatch(words);
});

it('what rules an endpoint out is told by the name of this surface', async () => {
  const provider = { order: ['nobody'], allow_fallbacks: false };
  const { status, answer } = await post(chat, { provider });
  expect(status).toBe(404);
  expect(answer.error.message).toContain('`allow_fallbacks`');
  expect(answer.error.metadata.previous_errors[0].reason).toContain('`allow_fallbacks`');
});

it.each([
  [chat, { debug: { echo_upstream_body: false } }],
  [responses, { top_k: 1, modalities: ['text'], trace: {} }],
  [messages, { system: [], speed: 'standard' }],
])('%s with %j asks for nothing that there is not', async (path, fields) => {
  expect((await post(path, fields)).status).toBe(200);
});

it('a body in an encoding is refused for that, not for what its bytes look like', async () => {
  const response = await fetch(app.url + chat, {
    method: 'POST',
    headers: { Authorization: `Bearer ${acme.key}`, 'Content-Encoding': 'gzip' },
    body: gzipSync('{}'),
  });
  expect(response.status).toBe(415);
  expect((await response.json()).error.message).toContain('gzip');
});

it.each(['', 'identity', 'Identity'])('a body in the encoding "%s" is read', async (encoding) => {
  const response = await fetch(app.url + chat, {
    method: 'POST',
    headers: { Authorization: `Bearer ${acme.key}`, 'Content-Encoding': encoding },
    body: '[]',
  });
  expect(response.status).toBe(400);
});

it('messages: a stop that ended the answer is named, streamed or not', async () => {
  const asked = { messages: [{ role: 'user', content: 'one two three four' }] };
  const { answer } = await post(messages, { ...asked, stop_sequences: ['four', 'three'] });
  const ended = { stop_reason: 'stop_sequence', stop_sequence: 'three' };
  expect(answer).toMatchObject({ ...ended, content: [{ text: 'one two ' }] });
  const streamed = await fetch(app.url + messages, {
    method: 'POST',
    headers: { 'X-Api-Key': acme.key },
    body: JSON.stringify({
      ...asked,
      model: 'sandbox/echo',
      max_tokens: 99,
      stop_sequences: ['three'],
      stream: true,
    }),
  });
  expect(await streamed.text()).toContain(`"delta":${JSON.stringify(ended)}`);
  const whole = await post(messages, { ...asked, stop_sequences: ['five'] });
  expect(whole.answer).toMatchObject({ stop_reason: 'end_turn', stop_sequence: null });
  const cut = await post(messages, { ...asked, stop_sequences: ['four'], max_tokens: 1 });
  expect(cut.answer).toMatchObject({ stop_reason: 'max_tokens', stop_sequence: null });
});

it.each([chat, responses])('%s: without a `model` the first of `models` is it', async (path) => {
  const models = ['sandbox/echo', 'sandbox/markov'];
  const { status, answer } = await post(path, { model: undefined, models });
  expect([status, answer.model]).toEqual([200, 'sandbox/echo']);
  expect(refused((await post(path, { model: undefined })).answer.error)).toBe('model');
});

const get = async (path: string, headers = {}) => {
  const response = await fetch(app.url + path, { headers });
  return { status: response.status, answer: await response.json() };
};

it('a model is found by every name that a completion can ask for, and by no other', async () => {
  for (const name of ['sandbox/echo:floor', 'sandbox/markov-latest', 'Sandbox/Echo']) {
    const one = await get(`/v1/model/${name}`);
    const endpoints = await get(`/v1/models/${name}/endpoints`);
    expect([one.status, endpoints.status]).toEqual([200, 200]);
    expect((await post(chat, { model: name, max_tokens: 1 })).answer.model).toBe(
      one.answer.data.id,
    );
  }
  expect((await get('/v1/model/sandbox/echo:bogus')).status).toBe(404);
});

it.each([
  [1, 2],
  [10, 1_000_000],
])('the models between $%d and $%d are those whose price is shown there', async (least, most) => {
  const { answer } = await get(`/v1/models?min_price=${least}&max_price=${most}`);
  const prices = answer.data.map(({ pricing }: { pricing: { prompt: string } }) =>
    Number((Number(pricing.prompt) * 1e6).toFixed(6)),
  );
  expect(prices.length).toBeGreaterThan(0);
  expect(prices.filter((price: number) => price < least || price > most)).toEqual([]);
});

it('a filter that comes twice is a list, and what takes one value is refused', async () => {
  const both = await get('/v1/models?supported_parameters=tools&supported_parameters=seed');
  const listed = await get('/v1/models?supported_parameters=tools,seed');
  const one = await get('/v1/models?supported_parameters=seed');
  expect(both.answer.total_count).toBe(listed.answer.total_count);
  expect(both.answer.total_count).toBeLessThan(one.answer.total_count);
  expect((await get('/v1/models?limit=1&limit=2')).status).toBe(400);
});

it('a key is described at both of its addresses', async () => {
  const headers = { Authorization: `Bearer ${acme.key}` };
  const { status, answer } = await get('/api/v1/auth/key', headers);
  expect([status, answer]).toEqual([200, (await get('/v1/key', headers)).answer]);
});

it('a filter that is none is named', async () => {
  const { status, answer } = await get('/v1/models?category=legal');
  expect([status, answer.error.param]).toEqual([400, 'category']);
});

it.each([
  ['/chat/completions', '/v1/chat/completions'],
  ['/v1/v1/messages', '/v1/messages'],
  ['/api/responses', '/v1/responses'],
  ['/api/v1/v1/models/openai/gpt-5', '/v1/models/openai/gpt-5'],
])('a base URL that leads to %s is told of %s', async (path, meant) => {
  const response = await fetch(app.url + path);
  expect(response.status).toBe(404);
  expect((await response.json()).error.message).toContain(`Did you mean ${meant}?`);
});

it.each(['/v1/nothing', '/v1/v1', '/', '//v1/chat/completions', '//graphql'])(
  '%s leads to no guess',
  async (path) => {
    const text = await (await fetch(app.url + path)).text();
    expect(text).not.toContain('Did you mean');
  },
);
