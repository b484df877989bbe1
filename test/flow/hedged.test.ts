import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Data } from '../harness/graphql-client.ts';
import {
  endMark,
  finishChunk,
  stubUpstream,
  textChunk,
  type UpstreamStub,
  usageChunk,
} from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let app: WholeApp;
let acme: Customer;
let late: UpstreamStub;
let prompt: UpstreamStub;

beforeAll(async () => {
  late = await stubUpstream();
  prompt = await stubUpstream();
  app = await wholeApp();
  const cheap = { promptPrice: '0.000001', completionPrice: '0.000002' };
  await offer(app.admin, { model: 'acme/one', provider: 'late', baseUrl: late.url, ...cheap });
  await offer(app.admin, { model: 'acme/one', provider: 'prompt', baseUrl: prompt.url, ...cheap });
  const dear = { promptPrice: '0.01', completionPrice: '0.002' };
  const timeouts = { firstContentTimeoutMs: 1_000 };
  await offer(app.admin, {
    model: 'acme/dear',
    provider: 'late',
    baseUrl: late.url,
    ...dear,
    timeouts,
  });
  await offer(app.admin, { model: 'acme/dear', provider: 'prompt', baseUrl: prompt.url, ...dear });
  acme = await customer(app, '100');
}, 240_000);
beforeEach(() => {
  late.answerWith(() => undefined);
  prompt.answerWith(async (answer) => {
    await answer.sse(textChunk('Here '), textChunk('I am.'), finishChunk());
    await answer.sse(usageChunk(5, 4), endMark);
    answer.end();
  });
});
afterEach(async () => expect(await app.audit()).toEqual([]));
afterAll(async () => {
  await app?.close();
  await Promise.all([late?.close(), prompt?.close()]);
});

const subscription = (model: string, hedgeAfterMs: number) => `subscription { completion(input: {
  model: "${model}", maxTokens: 20
  provider: { order: ["late", "prompt"], hedgeAfterMs: ${hedgeAfterMs} }
  messages: [{ role: USER, content: "Who is there?" }] }) {
  __typename
  ... on CompletionStarted { attempt endpoint { provider { slug } } }
  ... on RouteChanged { failed { outcome } next { provider { slug } } }
  ... on TextDelta { text }
  ... on CompletionFinished { completion { text endpoint { provider { slug } }
    charges { kind quantity endpoint { provider { slug } } }
    attempts { outcome durationMs endpoint { provider { slug } } } } }
} }`;

async function eventsOf(
  model = 'acme/one',
  { hedgeAfterMs = 1, seen = (_event: Data) => {} } = {},
): Promise<Data[]> {
  const events: Data[] = [];
  for await (const event of acme.overWebSocket(subscription(model, hedgeAfterMs))) {
    events.push(event);
    seen(event);
  }
  return events;
}

const of = (slug: string) => ({ provider: { slug } });

it('when the first is late a second is tried, and who speaks first answers', async () => {
  const [lost, events] = await Promise.all([late.nextRequest(), eventsOf()]);
  await lost.aborted;
  expect(events.filter(({ text }) => text === undefined)).toMatchObject([
    { __typename: 'CompletionStarted', attempt: 1, endpoint: of('late') },
    { __typename: 'CompletionStarted', attempt: 2, endpoint: of('prompt') },
    {
      __typename: 'CompletionFinished',
      completion: {
        text: 'Here I am.',
        endpoint: of('prompt'),
        charges: [
          { kind: 'PROMPT', quantity: 5, endpoint: of('prompt') },
          { kind: 'COMPLETION', quantity: 4, endpoint: of('prompt') },
          { kind: 'FEE' },
        ],
        attempts: [
          { outcome: 'CANCELLED', endpoint: of('late') },
          { outcome: 'SUCCEEDED', endpoint: of('prompt') },
        ],
      },
    },
  ]);
  const [first] = events.at(-1).completion.attempts;
  expect(first.durationMs).toBeGreaterThanOrEqual(199);
});

it('a first that speaks in time is alone', async () => {
  late.answerWith(async (answer) => {
    await answer.sse(textChunk('Me.'), finishChunk(), usageChunk(5, 1), endMark);
    answer.end();
  });
  const called = prompt.requests.length;
  // In time on the busiest machine, too: the least that is waited is a fifth of a second.
  const events = await eventsOf('acme/one', { hedgeAfterMs: 20_000 });
  expect(events.at(-1).completion).toMatchObject({ text: 'Me.', endpoint: of('late') });
  expect(prompt.requests.length).toBe(called);
});

it('a second that fails is told of, and the first answers all the same', async () => {
  const told = Promise.withResolvers<void>();
  late.answerWith(async (answer) => {
    await told.promise;
    await answer.sse(textChunk('Me after all.'), finishChunk(), usageChunk(5, 1), endMark);
    answer.end();
  });
  prompt.answerWith((answer) => answer.json(500, { error: { message: 'It broke.' } }));
  const seen = ({ __typename }: Data) => {
    if (__typename === 'RouteChanged') told.resolve();
  };
  const events = await eventsOf('acme/one', { seen });
  expect(events.filter(({ text }) => text === undefined)).toMatchObject([
    { __typename: 'CompletionStarted', attempt: 1 },
    { __typename: 'RouteChanged', failed: { outcome: 'FAILED' }, next: of('late') },
    { __typename: 'CompletionStarted', endpoint: of('late') },
    {
      __typename: 'CompletionFinished',
      completion: {
        text: 'Me after all.',
        attempts: [{ outcome: 'SUCCEEDED' }, { outcome: 'FAILED' }],
      },
    },
  ]);
});

it('§20 a prompt that costs more than a cent is not sent twice', async () => {
  const events = await eventsOf('acme/dear');
  expect(events.at(-1).completion).toMatchObject({
    attempts: [{ outcome: 'TIMED_OUT' }, { outcome: 'SUCCEEDED', endpoint: of('prompt') }],
  });
});
