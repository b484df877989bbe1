import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { parseMoney } from '#kernel';
import { countTokens } from '#upstream';
import type { Data } from '../harness/graphql-client.ts';
import {
  endMark,
  finishChunk,
  stubUpstream,
  textChunk,
  type UpstreamStub,
} from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let app: WholeApp;
let acme: Customer;
let upstream: UpstreamStub;
let goOn: () => void;

const prompt = 'Tell me everything that you know.';
const said = 'It is a long story, and it begins here: ';

beforeAll(async () => {
  upstream = await stubUpstream();
  app = await wholeApp();
  await offer(app.admin, { model: 'acme/endless', provider: 'talker', baseUrl: upstream.url });
  acme = await customer(app, '1000');
}, 180_000);
/** Says a sentence, then nothing until it is told to go on. */
beforeEach(() => {
  const more = Promise.withResolvers<void>();
  goOn = more.resolve;
  upstream.answerWith(async (answer) => {
    await answer.sse(textChunk(said));
    await more.promise;
    await answer.sse(textChunk('The end.'), finishChunk(), endMark);
    answer.end();
  });
});
afterEach(async () => {
  goOn();
  expect(await app.audit()).toEqual([]);
  expect((await acme.credits()).held).toBe(0n);
});
afterAll(async () => {
  await app?.close();
  await upstream?.close();
});

const completion = `id status finishReason text error { code } attempts { outcome }
  usage { promptTokens completionTokens charged estimated }`;
const input = `model: "acme/endless", messages: [{ role: USER, content: "${prompt}" }]`;
const subscription = `subscription ($key: String, $after: Int! = 0, $detached: Boolean! = false) {
  completion(
    input: { ${input}, idempotencyKey: $key } after: $after, detached: $detached, coalesceMs: 0
  ) {
    __typename completionId sequence
    ... on TextDelta { text }
    ... on CompletionFinished { completion { ${completion} } }
  }
}`;

/** Follows it until its first words are there. */
async function untilText(events: AsyncIterable<Data>): Promise<Data> {
  for await (const event of events) if (event.text) return event;
}

/** Waits for the settlement, as `cancelCompletion` does on what has ended already. */
async function settled(id: string): Promise<Data> {
  const { data } = await acme.ask(
    `mutation ($id: ID!) { cancelCompletion(id: $id) {
      ... on CancelCompletionPayload { completion { ${completion} } } } }`,
    { id },
  );
  return data.cancelCompletion.completion;
}

/** The prompt and what was generated, at 0.001 and 0.002 a token, and 5 % on both. */
async function expectCancelled(ended: Data, before: { balance: bigint }): Promise<void> {
  const [promptTokens, completionTokens] = [await countTokens(prompt), await countTokens(said)];
  expect(ended).toMatchObject({
    status: 'CANCELLED',
    finishReason: 'CANCELLED',
    text: said,
    error: null,
    attempts: [{ outcome: 'CANCELLED' }],
    usage: { promptTokens, completionTokens, estimated: true },
  });
  const charged = BigInt(promptTokens + 2 * completionTokens) * parseMoney('0.00105');
  expect(parseMoney(ended.usage.charged)).toBe(charged);
  expect(before.balance - (await acme.credits()).balance).toBe(charged);
}

for (const way of ['overWebSocket', 'overEventStream'] as const) {
  it(`${way}: ending the subscription aborts upstream and charges what was generated`, async () => {
    const before = await acme.credits();
    const asked = upstream.nextRequest();
    const watching = acme[way](subscription);
    const { completionId } = await untilText(watching);
    watching.leave();
    await (await asked).aborted;
    await expectCancelled(await settled(completionId), before);
  });
}

it('STREAM 6: what a window held when it was cancelled is told and charged', async () => {
  const [half, rest] = ['It is a long story, ', 'and it begins here: '];
  const [heard, written] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  upstream.answerWith(async (answer) => {
    await answer.sse(textChunk(half));
    await heard.promise;
    await answer.sse(textChunk(rest));
    written.resolve();
  });
  const before = await acme.credits();
  const watching = acme.overWebSocket(subscription.replace('coalesceMs: 0', 'coalesceMs: 250'), {
    detached: true,
  });
  const { completionId } = await untilText(watching);
  heard.resolve();
  await written.promise;
  const ended = await settled(completionId);
  await expectCancelled(ended, before);
});

it('a caller of `complete` that hangs up has left as well', async () => {
  const before = await acme.credits();
  const asked = upstream.nextRequest();
  const leaving = new AbortController();
  const response = fetch(`${app.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${acme.key}` },
    body: JSON.stringify({
      model: 'acme/endless',
      stream: true,
      messages: [{ role: 'user', content: prompt }],
    }),
    signal: leaving.signal,
  });
  const { headers } = await response;
  leaving.abort();
  await (await asked).aborted;
  await expectCancelled(await settled(headers.get('x-generation-id') ?? ''), before);
});

it('cancelCompletion returns the settled usage, and its watchers see the end', async () => {
  const before = await acme.credits();
  const events: Data[] = [];
  let cancelled: Promise<Data> | undefined;
  for await (const event of acme.overWebSocket(subscription)) {
    events.push(event);
    if (event.text) cancelled = settled(event.completionId);
  }
  await expectCancelled(await cancelled, before);
  expect(events.at(-1)).toMatchObject({
    __typename: 'CompletionFinished',
    completion: { status: 'CANCELLED' },
  });
});

it('§19 revoking the key ends its stream, and what was generated is charged', async () => {
  const asked = upstream.nextRequest();
  const watching = acme.overEventStream(subscription);
  const events = watching[Symbol.asyncIterator]();
  await events.next();
  await events.next();
  const { data } = await app.admin.ask(
    `mutation ($id: ID!) { revokeApiKey(id: $id) { __typename } }`,
    { id: acme.keyId },
  );
  expect(data.revokeApiKey.__typename).toBe('RevokeApiKeyPayload');
  await (await asked).aborted;
  const last = (await events.next()).value;
  expect(last.completion).toMatchObject({ status: 'CANCELLED', text: said });
  acme = await customer(app, '1000');
});

it('detached, it runs on to its end whoever leaves', async () => {
  const watching = acme.overWebSocket(subscription, { detached: true });
  const { completionId, sequence } = await untilText(watching);
  watching.leave();
  const again = acme.overWebSocket(
    `subscription ($id: ID!, $after: Int!) { resumeCompletion(id: $id, after: $after) {
      sequence ... on TextDelta { text } ... on CompletionFinished { finishReason } } }`,
    { id: completionId, after: sequence },
  );
  goOn();
  const rest: Data[] = [];
  for await (const event of again) rest.push(event);
  expect(rest.map(({ text, finishReason }) => text ?? finishReason)).toEqual(['The end.', 'STOP']);
});

it('the same key joins what runs: one request upstream, one charge', async () => {
  const before = await acme.credits();
  const called = upstream.requests.length;
  const key = crypto.randomUUID();
  const both = [1, 2].map(async () => {
    const events: Data[] = [];
    for await (const event of acme.overWebSocket(subscription, { key })) {
      events.push(event);
      if (event.text === said) goOn();
    }
    return events;
  });
  const [one, other] = await Promise.all(both);
  expect(one?.at(-1)).toEqual(other?.at(-1));
  expect(upstream.requests.length).toBe(called + 1);
  const charged = parseMoney(one?.at(-1).completion.usage.charged);
  expect(charged).toBeGreaterThan(0n);
  expect(before.balance - (await acme.credits()).balance).toBe(charged);
});
