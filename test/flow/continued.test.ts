import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Data } from '../harness/graphql-client.ts';
import {
  chunk,
  endMark,
  finishChunk,
  type StubScript,
  stubUpstream,
  textChunk,
  type UpstreamStub,
  usageChunk,
} from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let app: WholeApp;
let acme: Customer;
let first: UpstreamStub;
let second: UpstreamStub;

beforeAll(async () => {
  first = await stubUpstream();
  second = await stubUpstream();
  app = await wholeApp();
  const price = { promptPrice: '0.000001', completionPrice: '0.000002' };
  await offer(app.admin, { model: 'acme/one', provider: 'first', baseUrl: first.url, ...price });
  await offer(app.admin, { model: 'acme/one', provider: 'second', baseUrl: second.url, ...price });
  acme = await customer(app, '10');
}, 240_000);
afterEach(async () => expect(await app.audit()).toEqual([]));
afterAll(async () => {
  await app?.close();
  await Promise.all([first?.close(), second?.close()]);
});

const subscription = (extra = '') => `subscription { completion(input: {
  model: "acme/one", maxTokens: 60, ${extra}
  provider: { order: ["first", "second"], onStreamFailure: CONTINUE }
  messages: [{ role: USER, content: "Tell me of the fox." }] }) {
  __typename
  ... on CompletionStarted { attempt endpoint { provider { slug } } }
  ... on RouteChanged { failed { outcome } next { provider { slug } } }
  ... on TextDelta { text }
  ... on CompletionFinished { finishReason completion { text charges { kind quantity }
    usage { promptTokens completionTokens charged estimated }
    attempts { outcome endpoint { provider { slug } } } } }
  ... on CompletionFailed { completion { text usage { charged } attempts { outcome } } }
} }`;

async function eventsOf(extra?: string): Promise<Data[]> {
  const events: Data[] = [];
  for await (const event of acme.overWebSocket(subscription(extra))) events.push(event);
  return events;
}

const breaksAfter =
  (...words: string[]): StubScript =>
  async (answer) => {
    await answer.sse(...words.map(textChunk));
    answer.cut();
  };
const says =
  (...words: string[]): StubScript =>
  async (answer) => {
    await answer.sse(...words.map(textChunk), finishChunk(), usageChunk(400, 99), endMark);
    answer.end();
  };
const joined = (events: readonly Data[]) => events.map(({ text }) => text ?? '').join('');

it('an answer that breaks off is gone on with elsewhere, whole and once charged', async () => {
  first.answerWith(breaksAfter('The quick brown ', 'fox jumps '));
  second.answerWith(says('brown fox jumps ', 'over the ', 'lazy dog.'));
  const events = await eventsOf();
  expect(joined(events)).toBe('The quick brown fox jumps over the lazy dog.');
  expect(events.filter(({ text }) => text === undefined)).toMatchObject([
    { __typename: 'CompletionStarted', attempt: 1 },
    { __typename: 'RouteChanged', failed: { outcome: 'BROKE_OFF' } },
    { __typename: 'CompletionStarted', attempt: 2, endpoint: { provider: { slug: 'second' } } },
    {
      __typename: 'CompletionFinished',
      finishReason: 'STOP',
      completion: {
        text: 'The quick brown fox jumps over the lazy dog.',
        usage: { promptTokens: 6, completionTokens: 10, estimated: true },
        charges: [
          { kind: 'PROMPT', quantity: 6 },
          { kind: 'COMPLETION', quantity: 10 },
          { kind: 'FEE', quantity: 1 },
        ],
        attempts: [{ outcome: 'BROKE_OFF' }, { outcome: 'SUCCEEDED' }],
      },
    },
  ]);
});

it('the partial answer goes along as a turn of the user, which every model takes', async () => {
  first.answerWith(breaksAfter('The quick '));
  second.answerWith(says('brown fox.'));
  await eventsOf();
  const body = second.requests.at(-1)?.body as {
    messages: { role: string; content: string }[];
    max_tokens: number;
  };
  expect(body.messages.map(({ role }) => role)).toEqual(['user', 'user']);
  expect(body.messages[1]?.content).toContain('The quick ');
  expect(body.max_tokens).toBeLessThan(60);
});

it('continued and broken off again costs nothing and never looks like an end', async () => {
  const before = await acme.credits();
  first.answerWith(breaksAfter('The quick '));
  second.answerWith(breaksAfter('brown '));
  const events = await eventsOf();
  expect(events.at(-1)).toMatchObject({
    __typename: 'CompletionFailed',
    completion: { text: 'The quick brown ', usage: { charged: '0' } },
  });
  expect(await acme.credits()).toEqual(before);
});

it.each([
  [
    'inside a tool call',
    '',
    chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'f' } }] }),
  ],
  ['in a JSON answer', 'responseFormat: { type: JSON_OBJECT }', textChunk('{"a":')],
])('nothing is gone on with %s', async (_, extra, content) => {
  const called = second.requests.length;
  first.answerWith(async (answer) => {
    await answer.sse(content);
    answer.cut();
  });
  const events = await eventsOf(extra);
  expect(events.at(-1)).toMatchObject({ __typename: 'CompletionFailed' });
  expect(second.requests.length).toBe(called);
});
