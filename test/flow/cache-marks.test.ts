import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { saying, stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

const claude = 'anthropic/claude-sonnet-latest';
const elsewhere = 'acme/relayed';

let app: WholeApp;
let acme: Customer;
let anthropic: UpstreamStub;
let relay: UpstreamStub;

/** 20 tokens read from the cache, 300 written to it, and 7 beside. */
const usage = {
  input_tokens: 7,
  cache_read_input_tokens: 20,
  cache_creation_input_tokens: 300,
  output_tokens: 3,
};
const answer = [
  { type: 'message_start', message: { id: 'msg_1', model: 'claude', content: [], usage } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Yes.' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage },
  { type: 'message_stop' },
];

beforeAll(async () => {
  anthropic = await stubUpstream();
  anthropic.answerWith(async (reply) => {
    await reply.sse(...answer);
    reply.end();
  });
  relay = await stubUpstream();
  relay.answerWith(saying('Yes.'));
  const settings = { ANTHROPIC_API_KEY: 'a-key', ANTHROPIC_BASE_URL: anthropic.url };
  app = await wholeApp({ settings });
  acme = await customer(app, '1000');
  const offered = { model: elsewhere, provider: 'relay', baseUrl: relay.url };
  await offer(app.admin, { ...offered, supportedParameters: ['tools'] });
}, 180_000);
afterAll(async () => {
  await app?.close();
  await anthropic?.close();
  await relay?.close();
});

async function post(path: string, body: object, key?: string) {
  const response = await fetch(app.url + path, {
    method: 'POST',
    headers: { Authorization: `Bearer ${acme.key}`, ...(key ? { 'Idempotency-Key': key } : {}) },
    body: JSON.stringify({ model: claude, ...body }),
  });
  return { status: response.status, answer: await response.json() };
}

/** The body that the provider got last. */
async function told(path: string, body: object, by = anthropic) {
  const { status, answer: got } = await post(path, body);
  expect([status, got.error ?? null]).toEqual([200, null]);
  return by.requests.at(-1)?.body ?? {};
}

const cache_control = { type: 'ephemeral' };
const hour = { type: 'ephemeral', ttl: '1h' };
const marks = (body: unknown) => JSON.stringify(body).match(/"cache_control"/g)?.length ?? 0;

const text = (said: string, mark?: object) => ({
  type: 'text',
  text: said,
  ...(mark ? { cache_control: mark } : {}),
});
const kept = (ttl = '5m') => ({ cache_control: { type: 'ephemeral', ttl } });
const picture = 'data:image/png;base64,iVBORw0KGgo=';
const inlinePicture = {
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' },
};
const look = { name: 'look', parameters: { type: 'object' } };

describe('chat/completions: a mark stays where the caller put it', () => {
  const chat = '/v1/chat/completions';
  const three = [text('Of this book:'), text('The book', cache_control), text('Who wrote it?')];

  it('in the middle of a message of three parts', async () => {
    const { messages } = await told(chat, { messages: [{ role: 'user', content: three }] });
    expect(messages).toEqual([
      {
        role: 'user',
        content: [text('Of this book:'), { ...text('The book'), ...kept() }, text('Who wrote it?')],
      },
    ]);
  });

  it('in the system, at a picture, at a result and at a tool', async () => {
    const tool_calls = [
      { id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } },
    ];
    const body = await told(chat, {
      messages: [
        { role: 'system', content: [text('Be brief.', hour), text('Today is Monday.')] },
        {
          role: 'user',
          content: [{ type: 'image_url', image_url: { url: picture }, cache_control }, text('?')],
        },
        { role: 'assistant', content: null, tool_calls },
        { role: 'tool', tool_call_id: 'c1', content: [text('Rain', cache_control)] },
      ],
      tools: [{ type: 'function', function: look, cache_control: hour }],
    });
    expect(body).toMatchObject({
      tools: [{ name: 'look', ...kept('1h') }],
      system: [{ ...text('Be brief.'), ...kept('1h') }, text('Today is Monday.')],
      messages: [
        { content: [{ type: 'image', ...kept() }, text('?')] },
        { content: [{ type: 'tool_use', id: 'c1' }] },
        { content: [{ type: 'tool_result', content: 'Rain', ...kept() }] },
      ],
    });
    expect(marks(body)).toBe(4);
  });

  it('also at a host that passes marks on', async () => {
    const body = await told(
      chat,
      {
        model: elsewhere,
        messages: [
          { role: 'system', content: [text('Be brief.', hour), text('Today is Monday.')] },
          { role: 'user', content: three },
        ],
        tools: [{ type: 'function', function: { ...look, cache_control } }],
      },
      relay,
    );
    expect(body).toMatchObject({
      messages: [
        { content: [text('Be brief.', hour), text('Today is Monday.')] },
        { content: three },
      ],
      tools: [{ type: 'function', function: look, cache_control }],
    });
    expect(marks(body)).toBe(3);
  });

  it('and one on the whole request is behind the last message, once', async () => {
    const whole = { messages: [{ role: 'user', content: [text('a'), text('b')] }], cache_control };
    const { messages } = await told(chat, whole);
    expect(messages).toMatchObject([{ content: [text('a'), { ...text('b'), ...kept() }] }]);
    const last = [{ role: 'user', content: [text('a'), text('b', hour)] }];
    expect(await told(chat, { ...whole, messages: last })).toMatchObject({
      messages: [{ content: [text('a'), { ...text('b'), ...kept('1h') }] }],
    });
  });
});

describe('messages: a mark stays where the caller put it', () => {
  const most = { max_tokens: 50 };
  const tool = { name: 'look', input_schema: { type: 'object' } };
  const use = { type: 'tool_use', id: 't1', name: 'look', input: {} };
  const result = { type: 'tool_result', tool_use_id: 't1', content: [text('Rain')] };

  it('in system blocks, tools, pictures and documents', async () => {
    const source = { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' };
    const body = await told('/v1/messages', {
      ...most,
      tools: [tool, { ...tool, name: 'find', cache_control: hour }, { ...tool, name: 'go' }],
      system: [text('Be brief.', hour), text('Today is Monday.')],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'document', source, cache_control },
            { ...inlinePicture, cache_control },
            text('?'),
          ],
        },
      ],
    });
    expect(body).toMatchObject({
      tools: [{ name: 'look' }, { name: 'find', ...kept('1h') }, { name: 'go' }],
      system: [{ ...text('Be brief.'), ...kept('1h') }, text('Today is Monday.')],
      messages: [
        { content: [{ type: 'document', ...kept() }, { ...inlinePicture, ...kept() }, text('?')] },
      ],
    });
    expect(marks(body)).toBe(4);
  });

  it('in the result of a tool that shows a document', async () => {
    const source = { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' };
    const shown = {
      ...result,
      content: [text('See'), { type: 'document', source, cache_control }],
    };
    const body = await told('/v1/messages', {
      ...most,
      tools: [tool],
      messages: [
        { role: 'user', content: 'Weather?' },
        { role: 'assistant', content: [use] },
        { role: 'user', content: [shown] },
      ],
    });
    expect(body['messages']).toMatchObject([
      {},
      {},
      { content: [{ content: [text('See'), { type: 'document', source }], ...kept() }] },
    ]);
  });

  it('in what an assistant said and called, and at the result', async () => {
    const body = await told('/v1/messages', {
      ...most,
      tools: [tool],
      messages: [
        { role: 'user', content: 'Weather?' },
        {
          role: 'assistant',
          content: [text('I look it up.', cache_control), { ...use, cache_control }],
        },
        { role: 'user', content: [{ ...result, cache_control }, text('Well?', cache_control)] },
      ],
    });
    expect(body['messages']).toMatchObject([
      {},
      {
        content: [
          { ...text('I look it up.'), ...kept() },
          { ...use, ...kept() },
        ],
      },
      {
        content: [
          { type: 'tool_result', ...kept() },
          { ...text('Well?'), ...kept() },
        ],
      },
    ]);
    expect(marks(body)).toBe(4);
  });
});

describe('responses: a mark stays where the caller put it', () => {
  it('on a part and on a tool', async () => {
    const body = await told('/v1/responses', {
      tools: [{ type: 'function', ...look, cache_control: hour }],
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'The book', cache_control },
            { type: 'input_text', text: 'Who wrote it?' },
          ],
        },
      ],
    });
    expect(body).toMatchObject({
      tools: [{ name: 'look', ...kept('1h') }],
      messages: [{ content: [{ ...text('The book'), ...kept() }, text('Who wrote it?')] }],
    });
  });

  it('or behind the input, from the whole request', async () => {
    const body = await told('/v1/responses', { input: 'The book', cache_control });
    expect(body).toMatchObject({ messages: [{ content: [{ text: 'The book', ...kept() }] }] });
  });
});

it('GraphQL: a mark stands behind its message', async () => {
  const messages = [
    { role: 'SYSTEM', parts: [{ text: 'a' }, { text: 'b' }], cacheControl: { ttl: '1h' } },
    { role: 'USER', content: 'The book', cacheControl: {} },
    { role: 'USER', content: 'Who wrote it?' },
  ];
  const mutation = `mutation ($input: CompletionInput!) { complete(input: $input) {
    ... on CompletePayload { completion { usage { cachedTokens cacheWriteTokens } } } } }`;
  const { data } = await acme.ask(mutation, { input: { model: claude, messages } });
  expect(data.complete.completion.usage).toEqual({ cachedTokens: 20, cacheWriteTokens: 300 });
  expect(anthropic.requests.at(-1)?.body).toMatchObject({
    system: [text('a'), { ...text('b'), ...kept('1h') }],
    messages: [{ content: [{ ...text('The book'), ...kept() }, text('Who wrote it?')] }],
  });
});

describe('what is to be kept for an hour', () => {
  const book = 'The book. '.repeat(40);
  const creation = { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 };
  const bill = `mutation ($input: CompletionInput!) { complete(input: $input) {
    ... on CompletePayload { completion {
      charges { kind quantity unitPrice } usage { cacheWriteTokens } } } } }`;
  const price = `query ($slug: String!) { model(slug: $slug) { endpoints { provider { slug }
    pricing { cacheWritePerToken cacheWriteHourPerToken } } } }`;

  it('costs its own price, which the model tells', async () => {
    const { data: shown } = await acme.ask(price, { slug: claude });
    const { pricing } = shown.model.endpoints.find(
      (one: { provider: { slug: string } }) => one.provider.slug === 'anthropic',
    );
    expect(Number(pricing.cacheWriteHourPerToken)).toBeGreaterThan(
      Number(pricing.cacheWritePerToken),
    );
    anthropic.answerWith(async (reply) => {
      const [start, ...rest] = answer;
      const message = { ...start?.message, usage: { ...usage, cache_creation: creation } };
      await reply.sse({ ...start, message }, ...rest);
      reply.end();
    });
    const messages = [
      { role: 'SYSTEM', content: book, cacheControl: { ttl: '1h' } },
      { role: 'USER', content: 'Who wrote it?', cacheControl: {} },
    ];
    const { data } = await acme.ask(bill, { input: { model: claude, messages } });
    const { charges: lines, usage: used } = data.complete.completion;
    expect(used).toEqual({ cacheWriteTokens: 300 });
    expect(lines.filter(({ kind }: { kind: string }) => kind === 'CACHE_WRITE')).toEqual([
      { kind: 'CACHE_WRITE', quantity: 100, unitPrice: pricing.cacheWritePerToken },
      { kind: 'CACHE_WRITE', quantity: 200, unitPrice: pricing.cacheWriteHourPerToken },
    ]);
  });
});

describe('a fifth mark is refused before anything is sent to who takes four', () => {
  const five = ['a', 'b', 'c', 'd', 'e'].map((said) => text(said, cache_control));
  it.each<[string, object]>([
    ['/v1/chat/completions', { messages: [{ role: 'user', content: five }] }],
    ['/v1/messages', { max_tokens: 50, messages: [{ role: 'user', content: five }] }],
    [
      '/v1/chat/completions',
      {
        messages: [{ role: 'user', content: [...five.slice(1), text('e')] }],
        tools: [{ type: 'function', function: look, cache_control }],
      },
    ],
    [
      '/v1/chat/completions',
      { messages: [{ role: 'user', content: [...five.slice(1), text('e')] }], cache_control },
    ],
  ])('%s', async (path, body) => {
    const before = anthropic.requests.length;
    const { status, answer: got } = await post(path, body);
    expect(status).toBe(400);
    expect(got.error.message).toContain(
      'It takes 4 prompt cache marks (cache_control), those of tools included: these are 5.',
    );
    expect(anthropic.requests.length).toBe(before);
  });
});

it('a repeat whose mark stands elsewhere is another request', async () => {
  const parts = (first?: object, second?: object) => ({
    messages: [{ role: 'user', content: [text('a', first), text('b', second), text('c')] }],
  });
  const ask = (body: object) => post('/v1/chat/completions', body, 'a-key-of-marks');
  expect((await ask(parts(cache_control))).status).toBe(200);
  expect((await ask(parts(cache_control))).status).toBe(200);
  expect((await ask(parts(undefined, cache_control))).status).toBe(409);
  expect((await ask(parts(hour))).status).toBe(409);
});

it('a count of tokens is the same with marks and without', async () => {
  const count = async (mark?: object) => {
    const { answer: counted } = await post('/v1/messages/count_tokens', {
      tools: [{ name: 'look', input_schema: { type: 'object' }, ...(mark ? { ...mark } : {}) }],
      system: [text('Be brief.', mark ? cache_control : undefined)],
      messages: [{ role: 'user', content: [text('?', mark ? cache_control : undefined)] }],
    });
    return counted.input_tokens;
  };
  expect(await count({ cache_control })).toBe(await count());
});
