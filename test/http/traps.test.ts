import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Rejection } from '#routing';
import { NoEndpointAvailable } from '#routing';
import { endpointsAnswer, modelsAnswer, providersAnswer } from '#schema';
import { UpstreamFault } from '#upstream';
import { messagesError } from '../../src/http/anthropic/messages-errors.ts';
import { errorBody, statusOf } from '../../src/http/rest/errors.ts';
import { Fault } from '../../src/kernel/index.ts';
import { key, type StandIn, serve, standIn } from '../harness/stand-in-rooms.ts';

/** What real clients stumble over (each of these has thrown in one of them). */
let stand: StandIn;
let server: Awaited<ReturnType<typeof serve>>;

beforeEach(async () => {
  stand = standIn();
  server = await serve(stand);
});
afterEach(() => server.close());

const asked = { model: 'acme/echo', messages: [{ role: 'user', content: 'hi' }] };
const post = (path: string, body: object) =>
  fetch(server.url + path, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  });
const get = async (path: string) => (await fetch(server.url + path)).json();

async function firstRun() {
  while (!stand.runs[0]) await new Promise((resolve) => setImmediate(resolve));
  await stand.runs[0].watched.promise;
  return stand.runs[0];
}

async function answered(body: object, path = '/v1/chat/completions') {
  const response = post(path, { ...asked, ...body });
  const run = await firstRun();
  run.start();
  run.text('Hello');
  run.finish();
  return (await response).text();
}

async function broken(path = '/v1/chat/completions', body: object = {}) {
  const response = post(path, { ...asked, ...body, stream: true });
  const run = await firstRun();
  run.start();
  run.text('Hel');
  const answer = await response;
  run.fail(new Fault('UPSTREAM_FAILED', { public: 'It broke off.' }));
  return answer.text();
}

const chunksOf = (text: string) =>
  [...text.matchAll(/^data: (\{.*\})$/gm)].map(([, json]) => JSON.parse(json ?? ''));

describe('the wire of chat/completions', () => {
  it('system_fingerprint is null in a whole answer and absent from a chunk', async () => {
    const whole = JSON.parse(await answered({}));
    expect(whole).toHaveProperty('system_fingerprint', null);
    stand.runs.length = 0;
    const chunks = chunksOf(await answered({ stream: true }));
    expect(chunks.length).toBeGreaterThan(2);
    for (const chunk of chunks) expect(chunk).not.toHaveProperty('system_fingerprint');
  });

  it('cost_details have both of their sums', async () => {
    const { usage } = JSON.parse(await answered({}));
    expect(usage.cost_details).toMatchObject({
      upstream_inference_prompt_cost: expect.any(Number),
      upstream_inference_completions_cost: expect.any(Number),
    });
  });

  it('the code of an error amid a stream is an integer, and the stream ends', async () => {
    const text = await broken();
    const last = chunksOf(text).at(-1);
    expect(last.error.code).toBe(502);
    expect(last.choices[0]).toMatchObject({ delta: { content: '' }, finish_reason: 'error' });
    expect(text).not.toContain('[DONE]');
  });

  it('usage is on the last chunk, asked for or not, and [DONE] behind it', async () => {
    const text = await answered({ stream: true });
    expect(chunksOf(text).at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 5 } });
    expect(text).toMatch(/data: \[DONE\]\n\n$/);
  });
});

describe('the other doors', () => {
  it('a failure in the middle of a stream of messages is an event of its own', async () => {
    const text = await broken('/v1/messages', { max_tokens: 10 });
    expect(text).toMatch(/\nevent: error\ndata: .*"type":"error".*"api_error"/);
    expect(text).not.toContain('message_stop');
  });

  it('a thought of messages that comes with sealed ones is told all the same', async () => {
    const response = post('/v1/messages', { ...asked, max_tokens: 10, stream: true });
    const run = await firstRun();
    run.start();
    const sealed = ['a', 'b'].map((data) => ({ type: 'reasoning.encrypted', data }));
    run.think('Hm', [{ type: 'reasoning.text', text: 'Hm' }, ...sealed]);
    run.finish();
    const told = chunksOf(await (await response).text());
    expect(told.flatMap(({ delta }) => delta?.thinking ?? [])).toEqual(['Hm']);
    const blocks = told.flatMap(({ content_block: block }) => block ?? []);
    expect(blocks).toMatchObject([{ type: 'thinking' }, { data: 'a' }, { data: 'b' }]);
  });

  it('a response tells a refusal as one, no text that clients would parse', async () => {
    const response = post('/v1/responses', { ...asked, input: 'hi' });
    (await firstRun()).refuse('I will not.');
    stand.runs[0]?.finish();
    const whole = await (await response).json();
    const part = { type: 'refusal', refusal: 'I will not.' };
    expect(whole).toMatchObject({ output: [{ type: 'message', content: [part] }] });
    expect([whole.output.length, whole.output_text]).toEqual([1, '']);
    stand.runs.length = 0;
    const stream = post('/v1/responses', { ...asked, input: 'hi', stream: true });
    (await firstRun()).refuse('I will not.');
    stand.runs[0]?.finish();
    const events = chunksOf(await (await stream).text());
    expect(events.map(({ type }) => type)).toContain('response.refusal.delta');
    expect(events.at(-1).response.output).toEqual(whole.output);
  });

  it('a response has the sources of its text, whole and as a stream', async () => {
    const url_citation = { url: 'https://x.test/', title: 'X', start_index: 0, end_index: 3 };
    const annotations = [{ type: 'url_citation', url_citation }, { type: 'file' }];
    const source = { type: 'url_citation', ...url_citation };
    const part = { type: 'output_text', text: 'Yes', annotations: [source] };
    const answering = async (stream: boolean) => {
      stand.runs.length = 0;
      const response = post('/v1/responses', { ...asked, input: 'hi', stream });
      const run = await firstRun();
      run.text('Yes');
      run.annotate(annotations);
      run.finish();
      return (await response).text();
    };
    const whole = JSON.parse(await answering(false));
    expect(whole.output).toMatchObject([{ content: [part] }]);
    const events = chunksOf(await answering(true));
    const told = events.find(({ type }) => type === 'response.output_text.annotation.added');
    expect(told).toMatchObject({ annotation: source, annotation_index: 0, content_index: 0 });
    expect(events.at(-1).response.output).toEqual(whole.output);
  });

  it('a chunk tells a refusal as one, and as text for those who only read that', async () => {
    const stream = post('/v1/chat/completions', { ...asked, stream: true });
    (await firstRun()).refuse('I will not.');
    stand.runs[0]?.finish();
    const [first] = chunksOf(await (await stream).text());
    const delta = { content: 'I will not.', refusal: 'I will not.' };
    expect(first.choices[0].delta).toMatchObject(delta);
  });

  it('a stream of messages begins with about the tokens of its prompt, and no cost', async () => {
    const tools = [{ name: 'f', input_schema: { type: 'object' } }];
    const content = 'four letters are about a token';
    const response = post('/v1/messages', {
      ...asked,
      ...{ messages: [{ role: 'user', content }], tools, max_tokens: 10, stream: true },
    });
    const run = await firstRun();
    run.text('Hello');
    run.finish();
    const [start, ...rest] = chunksOf(await (await response).text());
    const { usage } = start.message;
    expect(usage.input_tokens).toBeGreaterThan(content.length / 4);
    expect(usage.input_tokens).toBeLessThan(100);
    expect(usage).not.toHaveProperty('cost');
    expect(rest.at(-2).usage).toMatchObject({ input_tokens: 3, cost: 0.00000525 });
  });

  it('messages name the request where its clients look for it, whatever the answer', async () => {
    const refused = await post('/v1/messages', { ...asked });
    expect(refused.headers.get('request-id')).toBe((await refused.json()).request_id);
    const wrong = await fetch(`${server.url}/v1/messages`);
    expect([wrong.status, wrong.headers.get('request-id')]).toEqual([405, expect.any(String)]);
    const answer = post('/v1/messages', { ...asked, max_tokens: 10 });
    (await firstRun()).finish();
    const { headers } = await answer;
    expect(headers.get('request-id')).toBe(headers.get('x-request-id'));
  });

  it('a failure in the middle of a response is its last event', async () => {
    const text = await broken('/v1/responses', { input: 'hi' });
    expect(chunksOf(text).at(-1)).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', error: { code: 'server_error', message: 'It broke off.' } },
    });
  });

  it.each([
    ['/v1/chat/completions', { transforms: ['middle-out'] }, 'transforms'],
    ['/v1/chat/completions', { plugins: [{ id: 'web' }] }, 'plugins'],
    ['/v1/chat/completions', { logprobs: true }, 'logprobs'],
    [
      '/v1/chat/completions',
      { messages: [{ role: 'user', content: [{ type: 'video_url' }] }] },
      'messages.0.content.0.type',
    ],
    ['/v1/completions', { prompt: 'hi', echo: true }, 'echo'],
    ['/v1/responses', { input: 'hi', store: true }, 'store'],
    [
      '/v1/responses',
      { input: [{ type: 'function_call_output', call_id: 'a' }] },
      'input.0.output',
    ],
    ['/v1/responses', { input: [{ type: 'item_reference', id: 'msg_1' }] }, 'input.0.type'],
    ['/v1/embeddings', { input: [1, 2] }, 'input.0'],
  ])('%s refuses by name what it does not offer: %j', async (path, fields, param) => {
    const response = await post(path, { ...asked, ...fields });
    expect(response.status).toBe(400);
    expect((await response.json()).error.param).toBe(param);
    expect(stand.runs).toEqual([]);
  });

  it('a setting that is set elsewhere is told by the name that it has there', async () => {
    const response = await post('/v1/responses', { ...asked, input: 'hi', store: true });
    expect((await response.json()).error.message).toContain('retainContentDays');
  });

  it.each([
    ['/v1/responses', { input: [{ type: 'item_reference', id: 'msg_1' }] }, '`store: false`'],
    ['/v1/embeddings', { input: [1, 2] }, 'Accepted: a text, or a list of texts'],
    [
      '/v1/responses',
      { input: 'hi', tools: [{ type: 'web_search' }] },
      'tools.0.type: No tool runs on the server, and `responses` alone takes free-form ones. ' +
        'Accepted: function, custom, namespace.',
    ],
  ])('%s says what would be right instead of %j', async (path, fields, words) => {
    const response = await post(path, { ...asked, ...fields });
    expect((await response.json()).error.message).toContain(words);
  });

  it('the first of `models` is asked where there is no `model`', async () => {
    await answered({ model: undefined, models: ['acme/echo', 'acme/other'] });
    const input = { model: 'acme/echo', fallbackModels: ['acme/other'] };
    expect(stand.runs[0]?.input).toMatchObject(input);
  });

  it('what asks for nothing passes', async () => {
    await answered({ plugins: [{ id: 'web', enabled: false }], transforms: [], logprobs: false });
    expect(stand.runs).toHaveLength(1);
  });
});

describe('a failure is one that clients handle as they should', () => {
  const rejection = (code: Rejection['code'], setting: string | null): Rejection => {
    const endpoint = stand.market.models[0]?.endpoints[0];
    if (!endpoint) throw new TypeError('the market is empty');
    return { endpoint, code, setting, reason: 'A reason.', retryAfterMs: null };
  };
  const none = (...rejections: Rejection[]) => new NoEndpointAvailable([], rejections);

  it('no 5xx where the request itself rules every endpoint out: clients repeat those', () => {
    expect(statusOf(none(rejection('NOT_IN_ONLY', 'input.provider.only')))).toBe(404);
    expect(statusOf(none(rejection('POLICY_MODEL', 'policy.allowedModels')))).toBe(403);
    expect(statusOf(none(rejection('TRIPPED', null)))).toBe(503);
  });

  it('who has no access is not overloaded: some clients wait for that to end', () => {
    const told = (fault: Fault) => [
      errorBody(fault).error.metadata['error_type'],
      messagesError(fault, { requestId: '1', attempts: null }).error.type,
    ];
    expect(told(none(rejection('NOT_CONFIGURED', null)))).toEqual([
      'provider_unavailable',
      'api_error',
    ]);
    expect(told(none(rejection('TRIPPED', null)))).toEqual([
      'provider_overloaded',
      'overloaded_error',
    ]);
    const ruledOut = none(rejection('NOT_IN_ONLY', 'input.provider.only'));
    expect(told(ruledOut)).toEqual(['not_found', 'not_found_error']);
  });

  it("the code is the status as an integer, beside OpenRouter's metadata", () => {
    const { error } = errorBody(none(rejection('NOT_IN_ONLY', 'input.provider.only')));
    expect(error.code).toBe(404);
    expect(error.metadata).toMatchObject({
      error_type: 'not_found',
      previous_errors: [{ provider: 'cheap', code: 'not_in_only' }],
    });
  });

  it('what each attempt failed of names fields as this surface does', () => {
    const fault = new UpstreamFault({ failure: 'CONTEXT_LENGTH' });
    const failed = { provider: 'cheap', code: 'rejected', status: 400, message: fault.public };
    const attempts = { providerName: 'Cheap', isByok: false, previous: [failed] };
    const { metadata } = errorBody(fault, attempts).error;
    expect(JSON.stringify(metadata)).toContain('a larger context in `models`');
    expect(JSON.stringify(metadata)).not.toContain('fallbackModels');
  });

  it('the provider and what it said stand in the metadata; never a 200 with an error', async () => {
    const response = post('/v1/chat/completions', asked);
    const run = await firstRun();
    run.start();
    run.fail(new Fault('UPSTREAM_FAILED', { public: 'The provider failed.' }));
    const answer = await response;
    expect(answer.status).toBe(502);
    expect(answer.headers.get('x-should-retry')).toBe('true');
    expect((await answer.json()).error.metadata.provider_name).toBe('cheap');
  });

  it('clients are told not to repeat what would fail again', async () => {
    const response = await post('/v1/chat/completions', { ...asked, temperature: 'hot' });
    expect(response.headers.get('x-should-retry')).toBe('false');
  });
});

describe('the lists have every field that clients insist on', () => {
  it('models, with prices as strings', async () => {
    const { data } = modelsAnswer.parse(await get('/v1/models'));
    expect(data[0]?.pricing.prompt).toBe('0.000001');
    expect(await get('/api/v1/models')).toEqual(await get('/v1/models'));
  });

  it('endpoints and providers', async () => {
    const { data } = endpointsAnswer.parse(await get('/v1/models/acme/echo/endpoints'));
    expect(data.endpoints.map(({ tag }) => tag)).toEqual(['cheap', 'dear']);
    const providers = providersAnswer.parse(await get('/v1/providers')).data;
    expect(providers.map(({ slug }) => slug)).toContain('dear');
  });

  it('the filters: count, pages, prices, an unknown one by its name', async () => {
    expect(await get('/v1/models/count?q=acme')).toEqual({ data: { count: 3 } });
    const page = modelsAnswer.parse(await get('/v1/models?limit=2'));
    expect(page).toMatchObject({ total_count: 3, links: { next: '/v1/models?limit=2&offset=2' } });
    const before = page.data[1]?.id ?? '';
    expect(await get(`/v1/models?limit=1&before_id=${before}`)).toMatchObject({
      data: [{ id: page.data[0]?.id }],
      links: { next: '/v1/models?limit=1&offset=1' },
      has_more: false,
    });
    expect((await get('/v1/models?max_price=0.5')).data).toEqual([]);
    expect((await get('/v1/models?output_modalities=embeddings')).data).toEqual([]);
    expect((await get('/v1/models?category=legal')).error.message).toContain('category');
    const none = await get('/v1/models?output_modalities=constructor');
    expect(none.error.param).toBe('output_modalities');
  });

  it('one model as OpenAI clients retrieve it: its id as one part of the path or two', async () => {
    const model = (await get('/v1/model/acme/echo')).data;
    for (const id of ['acme%2Fecho', 'acme/echo', 'acme%2Fecho:floor']) {
      expect(await get(`/v1/models/${id}`)).toEqual(model);
    }
    expect((await get('/api/v1/models/acme%2Fnothing')).error.code).toBe(404);
  });

  it('one model, with a variant or without; 404 for one that is none', async () => {
    expect((await get('/v1/model/acme/echo:floor')).data.id).toBe('acme/echo');
    expect((await get('/v1/model/acme/nothing')).error.code).toBe(404);
  });
});
