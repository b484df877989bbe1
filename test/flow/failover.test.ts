import { LLMock } from '@copilotkit/aimock';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { parseMoney } from '#kernel';
import type { Data } from '../harness/graphql-client.ts';
import { stubUpstream, textChunk, type UpstreamStub } from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let app: WholeApp;
let acme: Customer;
let failing: UpstreamStub;
let silent: UpstreamStub;
let third: LLMock;

const answer = 'Third time lucky: 市場.';
const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };

beforeAll(async () => {
  failing = await stubUpstream();
  silent = await stubUpstream();
  third = new LLMock({ port: 0, host: '127.0.0.1', chunkSize: 4 });
  third.onMessage(/.*/, { content: answer, usage });
  await third.start();
  app = await wholeApp();
  const model = 'acme/shared';
  await offer(app.admin, { model, provider: 'failing', baseUrl: failing.url });
  const timeouts = { firstContentTimeoutMs: 1_000 };
  await offer(app.admin, { model, provider: 'silent', baseUrl: silent.url, timeouts });
  await offer(app.admin, { model, provider: 'lucky', baseUrl: `${third.url}/v1` });
  acme = await customer(app, '1000');
}, 180_000);
beforeEach(() => {
  failing.answerWith((reply) => reply.json(500, { error: { message: 'It broke.' } }));
  silent.answerWith(() => undefined);
});
afterEach(async () => expect(await app.audit()).toEqual([]));
afterAll(async () => {
  await app?.close();
  await Promise.all([failing?.close(), silent?.close(), third?.stop()]);
});

const completion = `id status finishReason text endpoint { provider { slug } }
  attempts { endpoint { provider { slug } } outcome httpStatus message durationMs }
  usage { promptTokens completionTokens cost charged } charges { kind endpoint { id } }
  error { code }`;
const input = `input: { model: "acme/shared", maxTokens: 50
  provider: { order: ["failing", "silent", "lucky"] }
  messages: [{ role: USER, content: "Who answers?" }] }`;
const subscription = `subscription { completion(${input}) {
  __typename sequence
  ... on CompletionStarted { attempt endpoint { provider { slug } } }
  ... on RouteChanged {
    failed { outcome httpStatus endpoint { provider { slug } } } next { provider { slug } }
  }
  ... on TextDelta { text }
  ... on CompletionFinished { completion { ${completion} } }
  ... on CompletionFailed { error { __typename code } completion { ${completion} } }
} }`;

const story = [
  { endpoint: { provider: { slug: 'failing' } }, outcome: 'FAILED', httpStatus: 500 },
  { endpoint: { provider: { slug: 'silent' } }, outcome: 'TIMED_OUT', httpStatus: null },
  { endpoint: { provider: { slug: 'lucky' } }, outcome: 'SUCCEEDED', httpStatus: null },
];

async function eventsOf(): Promise<Data[]> {
  const events: Data[] = [];
  for await (const event of acme.overWebSocket(subscription)) events.push(event);
  return events;
}

it('two upstreams fail, each in its way, the third answers, and only that is charged', async () => {
  const before = await acme.credits();
  const events = await eventsOf();
  const of = (slug: string) => ({ provider: { slug } });
  expect(events.filter(({ text }) => text === undefined).slice(0, -1)).toMatchObject([
    { __typename: 'CompletionStarted', attempt: 1, endpoint: of('failing') },
    { __typename: 'RouteChanged', failed: story[0], next: of('silent') },
    { __typename: 'CompletionStarted', attempt: 2, endpoint: of('silent') },
    { __typename: 'RouteChanged', failed: story[1], next: of('lucky') },
    { __typename: 'CompletionStarted', attempt: 3, endpoint: of('lucky') },
  ]);
  expect(events.map(({ text }) => text ?? '').join('')).toBe(answer);
  const ended = events.at(-1).completion;
  expect(ended).toMatchObject({
    status: 'SUCCEEDED',
    finishReason: 'STOP',
    text: answer,
    endpoint: of('lucky'),
    attempts: story,
    usage: { promptTokens: 11, completionTokens: 7, cost: '0.025', charged: '0.02625' },
    error: null,
  });
  const { balance, held } = await acme.credits();
  expect(before.balance - balance).toBe(parseMoney('0.02625'));
  expect(held).toBe(0n);
});

it('the story stands in the database when the events are over', async () => {
  const events = await eventsOf();
  const { id } = events.at(-1).completion;
  const query = `query ($id: ID!) { completion(id: $id) { ${completion} } }`;
  expect((await app.admin.ask(query, { id })).data.completion.attempts).toMatchObject(story);
});

it('every upstream fails: each failure is told, the last is the error, at no charge', async () => {
  const before = await acme.credits();
  const only = subscription.replace('order: ["failing", "silent", "lucky"]', 'only: ["failing"]');
  const events: Data[] = [];
  for await (const event of acme.overEventStream(only)) events.push(event);
  expect(events).toMatchObject([
    { __typename: 'CompletionStarted', sequence: 1 },
    { __typename: 'RouteChanged', sequence: 2, failed: story[0], next: null },
    {
      __typename: 'CompletionFailed',
      sequence: 3,
      error: { __typename: 'CompletionError', code: 'UPSTREAM_FAILED' },
      completion: {
        status: 'FAILED',
        finishReason: 'ERROR',
        attempts: [story[0]],
        usage: { charged: '0' },
      },
    },
  ]);
  expect(await acme.credits()).toEqual(before);
});

it('an answer that breaks off is not begun anew elsewhere and costs nothing', async () => {
  const before = await acme.credits();
  const called = third.getRequests().length;
  failing.answerWith(async (reply) => {
    await reply.sse(textChunk('Half an '));
    reply.cut();
  });
  const events = await eventsOf();
  expect(events).toMatchObject([
    { __typename: 'CompletionStarted' },
    { __typename: 'TextDelta', text: 'Half an ' },
    { __typename: 'RouteChanged', failed: { outcome: 'BROKE_OFF' }, next: null },
    {
      __typename: 'CompletionFailed',
      completion: { status: 'FAILED', finishReason: 'ERROR', text: 'Half an ' },
    },
  ]);
  expect(third.getRequests().length).toBe(called);
  expect(await acme.credits()).toEqual(before);
});
