import OpenAI, { APIError } from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '#kernel';
import { key, type StandIn, serve, standIn } from '../harness/stand-in-rooms.ts';

let stand: StandIn;
let server: Awaited<ReturnType<typeof serve>>;
let client: OpenAI;

beforeEach(async () => {
  stand = standIn();
  server = await serve(stand);
  client = new OpenAI({ apiKey: key, baseURL: `${server.url}/v1`, maxRetries: 0 });
});
afterEach(() => server.close());

const asked = { model: 'acme/echo', messages: [{ role: 'user' as const, content: 'hi' }] };

async function firstRun() {
  while (!stand.runs[0]) await new Promise((resolve) => setImmediate(resolve));
  await stand.runs[0].watched.promise;
  return stand.runs[0];
}

it('an answer in one piece, with usage and its cost', async () => {
  const { data, response } = await (async () => {
    const answer = client.chat.completions.create(asked).withResponse();
    const run = await firstRun();
    run.start();
    run.text('Hello', ' there');
    run.finish();
    return answer;
  })();
  expect(data).toMatchObject({
    object: 'chat.completion',
    model: 'acme/echo',
    provider: 'cheap',
    choices: [
      { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hello there' } },
    ],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5, cost: 0.00000525 },
  });
  expect(response.headers.get('x-generation-id')).toBe(data.id);
});

it.each([
  [{ ignore: ['cheap', 'daer', 'Çheap,\n'] }, 'daer, %C3%87heap%2C%0A'],
  [{ order: ['Cheap'], ignore: ['de*'] }, null],
])('names in `provider` that nobody here has are told, and refuse nothing: %j', async (...row) => {
  const [provider, told] = row;
  const body = { ...asked, provider };
  const answer = client.chat.completions.create(body).withResponse();
  const run = await firstRun();
  run.start();
  run.text('Hello');
  run.finish();
  expect((await answer).response.headers.get('x-unknown-providers')).toBe(told);
});

it('an answer as a stream: deltas, one finish reason, usage on the last chunk', async () => {
  const answer = client.chat.completions.create({ ...asked, stream: true });
  const run = await firstRun();
  run.start();
  run.text('Hello', ' "you"\n');
  run.finish();
  const chunks = [];
  for await (const chunk of await answer) chunks.push(chunk);
  const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
  expect(text).toBe('Hello "you"\n');
  expect(chunks[0]).toMatchObject({
    id: run.id,
    object: 'chat.completion.chunk',
    model: 'acme/echo',
    choices: [{ index: 0, delta: { role: 'assistant', content: 'Hello' }, finish_reason: null }],
  });
  expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { cost: 0.00000525 } });
  expect(run.options.coalesceMs).toBe(0);
});

it.each([true, false])('what an answer cites comes with it; as a stream: %s', async (stream) => {
  const annotations = [{ type: 'url_citation', url_citation: { url: 'https://a', title: 'A' } }];
  const answer = fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ ...asked, stream }),
  });
  const run = await firstRun();
  run.start();
  run.text('Hello');
  run.annotate(annotations);
  run.finish();
  const body = await (await answer).text();
  expect(body.split(JSON.stringify({ annotations }).slice(1, -1))).toHaveLength(2);
});

it('what one read of the provider brought is one write, with [DONE] behind all of it', async () => {
  const answer = fetch(`${server.url}/api/v1/chat/completions`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}` },
    body: JSON.stringify({ ...asked, stream: true }),
  });
  const run = await firstRun();
  run.text('a', 'b', 'c');
  const reader = (await answer).body?.getReader();
  const first = new TextDecoder().decode((await reader?.read())?.value);
  expect(first.match(/^data: /gm)).toHaveLength(3);
  run.finish();
  const rest = new TextDecoder().decode((await reader?.read())?.value);
  expect(rest).toMatch(/data: \[DONE\]\n\n$/);
});

describe('a failure', () => {
  const failed = (error: unknown) => error as APIError;

  it('before content is an HTTP error with an integer code', async () => {
    const answer = client.chat.completions.create({ ...asked, stream: true }).catch(failed);
    const run = await firstRun();
    run.start();
    run.fail(new Fault('RATE_LIMITED', { public: 'Too many.', retryAfterMs: 1_500 }));
    const error = (await answer) as APIError;
    expect(error).toBeInstanceOf(APIError);
    expect(error.status).toBe(429);
    expect(error.headers?.get('retry-after')).toBe('2');
    expect(error.error).toMatchObject({ code: 429, message: 'Too many.' });
  });

  it('after content is a chunk with the error, then the end', async () => {
    const stream = client.chat.completions.create({ ...asked, stream: true });
    const run = await firstRun();
    run.start();
    run.text('Hel');
    const seen: string[] = [];
    const error = await (async () => {
      for await (const chunk of await stream) {
        seen.push(chunk.choices[0]?.delta.content ?? '');
        run.fail(new Fault('UPSTREAM_FAILED', { public: 'The provider broke off.' }));
      }
      return null;
    })().catch(failed);
    expect(seen).toEqual(['Hel']);
    expect(error).toBeInstanceOf(APIError);
    expect(error?.message).toContain('The provider broke off.');
  });

  it.each([
    ['401: a key that is not known', 401, { apiKey: 'wrong' }, {}],
    ['400: a wrong field, by its name', 400, {}, { temperature: 'hot' }],
    ['400: more than one answer', 400, {}, { n: 2 }],
  ])('%s', async (_title, status, options, fields) => {
    const other = client.withOptions(options);
    const body = { ...asked, ...fields } as typeof asked;
    const error = (await other.chat.completions.create(body).catch(failed)) as APIError;
    expect(error.status).toBe(status);
    if (status === 400) expect(error.param).toBe(Object.keys(fields)[0]);
    expect(stand.runs).toEqual([]);
  });

  it('404 and 405: an address or a method that is none', async () => {
    expect((await fetch(`${server.url}/v1/nonsense`)).status).toBe(404);
    expect((await fetch(`${server.url}/v1/chat/completions`)).status).toBe(405);
  });
});

it('a client that leaves is known upstream at once', async () => {
  const leaving = new AbortController();
  const { signal } = leaving;
  const answer = client.chat.completions.create({ ...asked, stream: true }, { signal });
  const run = await firstRun();
  run.text('Hel');
  await answer;
  leaving.abort();
  await run.leaving.promise;
});

it('a comment keeps the connection while the provider thinks', async () => {
  const answer = fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}` },
    body: JSON.stringify({ ...asked, stream: true }),
  });
  const run = await firstRun();
  await stand.clock.advance(12_000);
  run.finish();
  expect(await (await answer).text()).toMatch(/^: BOURSE PROCESSING\n\n/);
});

it('the request is read whole: tools, parts, preferences, reasoning, application', async () => {
  const answer = fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${key}`,
      'HTTP-Referer': 'https://app.example/x',
      'Idempotency-Key': 'once',
    },
    body: JSON.stringify({
      model: 'acme/echo',
      models: ['acme/echo', 'acme/other'],
      max_completion_tokens: 7,
      stop: 'END',
      reasoning_effort: 'high',
      tool_choice: { type: 'function', function: { name: 'look' } },
      tools: [{ type: 'function', function: { name: 'look' } }],
      provider: { order: ['cheap'], sort: 'price', max_price: { prompt: 0.5 } },
      unknown_field: true,
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
          ],
        },
      ],
    }),
  });
  const run = await firstRun();
  run.finish();
  await answer;
  expect(run.input).toMatchObject({
    fallbackModels: ['acme/other'],
    maxTokens: 7,
    stop: ['END'],
    reasoning: { effort: 'HIGH' },
    toolChoice: 'look',
    tools: [{ name: 'look', parameters: { type: 'object' } }],
    provider: { order: ['cheap'], sort: 'PRICE', maxPromptPricePerMillion: '0.5' },
    idempotencyKey: 'once',
    app: { name: 'app.example' },
    messages: [
      { role: 'SYSTEM', content: 'Be brief.' },
      { role: 'USER', parts: [{ text: 'What is this?' }, { imageUrl: /^data:/ }] },
    ].map((message) => expect.objectContaining({ role: message.role })),
  });
});

it('the models are listed as clients expect them, prices as strings', async () => {
  const { data } = await client.models.list();
  expect(data.map(({ id }) => id)).toEqual(['acme/echo', 'acme/other', 'acme/third']);
  expect(data[0]).toMatchObject({
    canonical_slug: 'acme/echo',
    pricing: { prompt: '0.000001', completion: '0.000001' },
    architecture: { modality: 'text->text' },
  });
});
