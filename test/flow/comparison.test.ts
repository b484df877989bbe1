import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { parseMoney } from '#kernel';
import type { Data } from '../harness/graphql-client.ts';
import {
  endMark,
  finishChunk,
  type StubRequest,
  stubUpstream,
  textChunk,
  type UpstreamStub,
  usageChunk,
} from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let app: WholeApp;
let acme: Customer;
let upstreams: Record<'swift' | 'slow', UpstreamStub>;
/** Lets the slow one go on. */
let goOn: () => void;

beforeAll(async () => {
  upstreams = { swift: await stubUpstream(), slow: await stubUpstream() };
  app = await wholeApp();
  for (const [name, { url: baseUrl }] of Object.entries(upstreams)) {
    await offer(app.admin, { model: `acme/${name}`, provider: name, baseUrl });
  }
  acme = await customer(app, '1000');
}, 180_000);
beforeEach(() => {
  const more = Promise.withResolvers<void>();
  goOn = () => more.resolve();
  upstreams.swift.answerWith(async (answer) => {
    await answer.sse(textChunk('Swift '), textChunk('answer.'));
    await answer.sse(finishChunk(), usageChunk(5, 2), endMark);
    answer.end();
  });
  upstreams.slow.answerWith(async (answer) => {
    await answer.sse(textChunk('Slow '));
    await more.promise;
    await answer.sse(textChunk('answer.'), finishChunk(), usageChunk(5, 3), endMark);
    answer.end();
  });
});
afterAll(async () => {
  await app?.close();
  await Promise.all(Object.values(upstreams ?? {}).map((upstream) => upstream.close()));
});

const comparison = `subscription (
  $models: [String!]!, $key: String, $after: [LaneCursor!], $content: String! = "Compare."
) {
  compareCompletions(
    input: { messages: [{ role: USER, content: $content }], idempotencyKey: $key }
    models: $models, after: $after
  ) {
    lane model
    event {
      __typename completionId sequence firstSequence
      ... on TextDelta { text }
      ... on CompletionFinished { finishReason usage { charged } }
      ... on CompletionFailed { error { __typename code message } }
    }
  }
}`;
const compare = (models: string[], variables: object = {}) =>
  acme.overWebSocket(comparison, { models, ...variables });

const ofLane = (events: Data[], lane: number) => events.filter((event) => event.lane === lane);
const textOf = (events: Data[]) => events.map(({ event }) => event.text ?? '').join('');
const last = (events: Data[]) => events.at(-1)?.event;

it('STREAM 14: a lane that stalls holds no other up, and each is billed by itself', async () => {
  const before = (await acme.credits()).balance;
  const models = ['acme/slow', 'acme/swift', 'acme/swift'];
  const events: Data[] = [];
  let ended = 0;
  for await (const event of compare(models)) {
    events.push(event);
    if (event.event.__typename === 'CompletionFinished') ended++;
    if (ended === 2) goOn();
  }
  expect([0, 1, 2].map((lane) => textOf(ofLane(events, lane)))).toEqual([
    'Slow answer.',
    'Swift answer.',
    'Swift answer.',
  ]);
  expect(last(events).completionId).toBe(ofLane(events, 0)[0].event.completionId);
  expect(events.every(({ lane, model }) => model === models[lane])).toBe(true);
  expect(new Set(events.map(({ event }) => event.completionId)).size).toBe(3);
  const bills = [0, 1, 2].map((lane) => last(ofLane(events, lane)).usage.charged);
  expect(bills[1]).toBe(bills[2]);
  const total = bills.reduce((sum, charged) => sum + parseMoney(charged), 0n);
  expect(before - (await acme.credits()).balance).toBe(total);
});

it('STREAM 15: a client that lost its connection goes on lane by lane', async () => {
  const called = () => upstreams.slow.requests.length + upstreams.swift.requests.length;
  const before = called();
  const [models, key] = [['acme/slow', 'acme/swift'], crypto.randomUUID()];
  const first = compare(models, { key });
  const seen: Data[] = [];
  for await (const event of first) {
    seen.push(event);
    const swiftEnded = last(ofLane(seen, 1))?.__typename === 'CompletionFinished';
    if (swiftEnded && textOf(ofLane(seen, 0)) === 'Slow ') first.lose();
  }
  const after = [0, 1].map((lane) => ({ lane, sequence: last(ofLane(seen, lane)).sequence }));
  const second = compare(models, { key, after });
  goOn();
  const rest: Data[] = [];
  for await (const event of second) rest.push(event);
  const all = [...seen, ...rest];
  expect([0, 1].map((lane) => textOf(ofLane(all, lane)))).toEqual([
    'Slow answer.',
    'Swift answer.',
  ]);
  for (const lane of [0, 1]) {
    const numbers = ofLane(all, lane).map(({ event }) => event);
    for (const [index, { firstSequence }] of numbers.entries()) {
      expect(firstSequence).toBe((numbers[index - 1]?.sequence ?? 0) + 1);
    }
  }
  expect(called()).toBe(before + 2);
});

it('lanes under one key are told apart, also from a completion under that key', async () => {
  const key = crypto.randomUUID();
  const ids = new Set<string>();
  goOn();
  for await (const { event } of compare(['acme/swift', 'acme/swift'], { key, content: 'Same.' })) {
    ids.add(event.completionId);
  }
  const { data } = await acme.ask(
    `mutation ($key: String!) { complete(input: { model: "acme/swift", idempotencyKey: $key,
      messages: [{ role: USER, content: "Same." }] }) {
      ... on CompletePayload { completion { id } } ... on CompletionError { completion { id } } } }`,
    { key },
  );
  ids.add(data.complete.completion.id);
  expect(ids.size).toBe(3);
});

it('a lane that is refused ends with its own last event, and the others answer', async () => {
  const events: Data[] = [];
  for await (const event of compare(['acme/nothing', 'acme/swift'])) events.push(event);
  expect(ofLane(events, 0)).toMatchObject([
    { event: { __typename: 'CompletionFailed', sequence: 1, error: { code: 'MODEL_NOT_FOUND' } } },
  ]);
  expect(textOf(ofLane(events, 1))).toBe('Swift answer.');
});

it('STREAM 16: who leaves ends every lane upstream', async () => {
  const asked: Promise<StubRequest>[] = [1, 2].map(() => upstreams.slow.nextRequest());
  const watching = compare(['acme/slow']);
  const [one] = await Promise.all([asked[0], untilText(watching)]);
  watching.leave();
  await (one as StubRequest).aborted;
});

async function untilText(events: AsyncIterable<Data>): Promise<void> {
  for await (const { event } of events) if (event.text) return;
}

it.each([
  [{ models: [] }, 'models'],
  [{ models: Array.from({ length: 9 }, () => 'acme/swift') }, 'models'],
  [{ models: ['acme/swift'], after: [{ lane: 1, sequence: 1 }] }, 'after.0.lane'],
  [{ models: ['acme/swift'], after: [{ lane: 0, sequence: -1 }] }, 'after.0.sequence'],
] as const)('%j is refused as a whole, by the name of the argument', async (variables, path) => {
  const called = upstreams.swift.requests.length;
  const events: Data[] = [];
  for await (const event of acme.overWebSocket(comparison, variables)) events.push(event);
  expect(events).toMatchObject([
    { lane: 0, event: { __typename: 'CompletionFailed', error: { code: 'INVALID_INPUT' } } },
  ]);
  expect(events[0].event.error.message).toContain(path);
  expect(upstreams.swift.requests.length).toBe(called);
});
