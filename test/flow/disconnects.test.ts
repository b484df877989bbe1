import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Data, WatchingSocket } from '../harness/graphql-client.ts';
import {
  endMark,
  finishChunk,
  stubUpstream,
  textChunk,
  type UpstreamStub,
  usageChunk,
} from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

const pieces = Array.from({ length: 50 }, (_, n) => `word${n} `);
const answer = pieces.join('');

let app: WholeApp;
let acme: Customer;
let upstream: UpstreamStub;

beforeAll(async () => {
  upstream = await stubUpstream();
  app = await wholeApp();
  await offer(app.admin, { model: 'acme/writer', provider: 'printer', baseUrl: upstream.url });
  acme = await customer(app, '1000000');
}, 180_000);
afterAll(async () => {
  expect(await app?.audit()).toEqual([]);
  await app?.close();
  await upstream?.close();
});

/** Says the answer piece by piece, each when it is let: so each is an event of its own. */
function saidWhenLet(): { more(count?: number): void } {
  let [permits, wake] = [0, Promise.withResolvers<void>()];
  upstream.answerWith(async (stub) => {
    for (const [index, piece] of pieces.entries()) {
      while (permits <= index) await wake.promise;
      await stub.sse(textChunk(piece));
    }
    await stub.sse(finishChunk(), usageChunk(5, pieces.length), endMark);
    stub.end();
  });
  return {
    more(count = 1) {
      permits += count;
      wake.resolve();
      wake = Promise.withResolvers();
    },
  };
}

const fields = `__typename completionId sequence firstSequence
  ... on TextDelta { text } ... on CompletionFinished { completion { text } }`;
const run = `subscription ($key: String, $after: Int! = 0) { completion(
  input: { model: "acme/writer", idempotencyKey: $key, messages: [
    { role: USER, content: "Speak." }] }, after: $after, coalesceMs: 0) { ${fields} } }`;
const resume = `subscription ($id: ID!, $after: Int! = 0) {
  resumeCompletion(id: $id, after: $after) { ${fields} } }`;

/** Reads, event by event, until one has this number, and then loses the connection. */
async function readUntil(watching: WatchingSocket, sequence: number, more: () => void) {
  const seen: Data[] = [];
  for await (const event of watching) {
    seen.push(event);
    if (event.sequence === sequence) watching.lose();
    else more();
  }
  return seen;
}

async function all(watching: AsyncIterable<Data>): Promise<Data[]> {
  const seen: Data[] = [];
  for await (const event of watching) seen.push(event);
  return seen;
}

/** What was seen is the answer, whole, and its numbers have no gap. */
function expectWhole(seen: Data[]): void {
  expect(seen.map(({ text }) => text ?? '').join('')).toBe(answer);
  for (const [index, { firstSequence }] of seen.entries()) {
    expect(firstSequence).toBe((seen[index - 1]?.sequence ?? 0) + 1);
  }
  expect(seen.at(-1)).toMatchObject({
    __typename: 'CompletionFinished',
    completion: { text: answer },
  });
}

it('whose connection breaks at whichever event has the whole answer when it comes back', {
  timeout: 240_000,
}, async () => {
  const called = upstream.requests.length;
  for (let at = 1; at <= pieces.length; at++) {
    const key = crypto.randomUUID();
    const { more } = saidWhenLet();
    const seen = await readUntil(acme.overWebSocket(run, { key }), at, more);
    expect(seen.length).toBe(at);
    const { sequence: after, completionId: id } = seen.at(-1);
    // By the key, or by the id.
    const again =
      at % 2 === 0
        ? acme.overWebSocket(run, { key, after })
        : acme.overWebSocket(resume, { id, after });
    more(pieces.length);
    expectWhole([...seen, ...(await all(again))]);
  }
  expect(upstream.requests.length).toBe(called + pieces.length);
});

it('and after the end, from every number that was seen', async () => {
  const { more } = saidWhenLet();
  const whole: Data[] = [];
  for await (const event of acme.overWebSocket(run, { key: crypto.randomUUID() })) {
    whole.push(event);
    more();
  }
  expect(whole.length).toBe(1 + pieces.length + 1);
  for (const { sequence: after, completionId: id } of whole.slice(0, -1)) {
    const before = whole.slice(0, after);
    expectWhole([...before, ...(await all(acme.overWebSocket(resume, { id, after })))]);
  }
});

it('of two readers the slow one holds the fast one up at no event, and misses none', {
  timeout: 240_000,
}, async () => {
  for (let at = 1; at <= pieces.length; at += 7) {
    const { more } = saidWhenLet();
    const slow = acme.overWebSocket(run)[Symbol.asyncIterator]();
    const seen: Data[] = [];
    while (seen.length < at) {
      seen.push((await slow.next()).value);
      if (seen.length < at) more();
    }
    const fast = all(acme.overWebSocket(resume, { id: seen[0].completionId }));
    more(pieces.length);
    expectWhole(await fast);
    for (let next = await slow.next(); !next.done; next = await slow.next()) seen.push(next.value);
    expectWhole(seen);
  }
});
