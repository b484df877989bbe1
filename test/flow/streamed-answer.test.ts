import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { parseMoney, seededRandom } from '#kernel';
import type { Data } from '../harness/graphql-client.ts';
import {
  endMark,
  finishChunk,
  type StubScript,
  stubUpstream,
  textChunk,
  type UpstreamStub,
  usageChunk,
} from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let upstream: UpstreamStub;
let app: WholeApp;
let acme: Customer;

beforeAll(async () => {
  upstream = await stubUpstream();
  app = await wholeApp();
  await offer(app.admin, { model: 'acme/writer', provider: 'printer', baseUrl: upstream.url });
  acme = await customer(app, '10');
}, 180_000);
afterAll(async () => {
  await app?.close();
  await upstream?.close();
});
afterEach(async () => expect(await app.audit()).toEqual([]));

const words = ['Good ', 'morning, ', '市場', '! ', '👋🏽', ' Ünïcödé — ', '₿', 'ø', '.'];
const tokens = { prompt: 5, completion: words.length };

/** The whole stream, its bytes cut where chance has it: within lines, and within characters. */
const cutAnywhere =
  (seed: string): StubScript =>
  async (answer) => {
    const data = [
      ...words.map(textChunk),
      finishChunk(),
      usageChunk(tokens.prompt, tokens.completion),
    ];
    const text = [...data.map((one) => JSON.stringify(one)), endMark];
    const bytes = Buffer.from(text.map((one) => `data: ${one}\n\n`).join(''));
    const random = seededRandom(seed);
    answer.head(200, { 'content-type': 'text/event-stream' });
    for (let at = 0; at < bytes.length; ) {
      const length = 1 + Math.floor(random.next() * 40);
      await answer.write(bytes.subarray(at, at + length));
      at += length;
    }
    answer.end();
  };

const query = `subscription ($text: String!) {
  completion(input: { model: "acme/writer", messages: [{ role: USER, content: $text }] }) {
    __typename completionId sequence firstSequence
    ... on CompletionStarted { attempt endpoint { provider { slug } model { slug } } }
    ... on TextDelta { text }
    ... on CompletionFinished {
      finishReason
      usage { promptTokens completionTokens totalTokens cost fee charged estimated }
      completion {
        id status text streamed charges { kind quantity unitPrice amount endpoint { id } }
        attempts { outcome } usage { charged } error { code }
      }
    }
  }
}`;

for (const way of ['overWebSocket', 'overEventStream'] as const) {
  it(`${way}: numbered 1 to n, not a character lost, charged to the last digit`, async () => {
    for (const seed of ['one', 'two', 'three']) {
      upstream.answerWith(cutAnywhere(seed));
      const before = await acme.credits();
      const events: Data[] = [];
      for await (const event of acme[way](query, { text: 'Say it.' })) events.push(event);

      expect(events[0]).toMatchObject({ __typename: 'CompletionStarted', attempt: 1 });
      expect(events.slice(1, -1).every((event) => event.__typename === 'TextDelta')).toBe(true);
      expectNumbered(events);
      const { usage, completion, finishReason, completionId } = events.at(-1);
      expect(finishReason).toBe('STOP');
      const joined = events.map(({ text }) => text ?? '').join('');
      expect(joined).toBe(words.join(''));
      expect(completion).toMatchObject({
        id: completionId,
        status: 'SUCCEEDED',
        text: joined,
        streamed: true,
        attempts: [{ outcome: 'SUCCEEDED' }],
        error: null,
      });
      expectBilled(usage, completion.charges);
      const after = await acme.credits();
      expect(before.balance - after.balance).toBe(parseMoney(usage.charged));
      expect(after.held).toBe(0n);
    }
  });
}

function expectNumbered(events: Data[]): void {
  let last = 0;
  for (const { sequence, firstSequence } of events) {
    expect(firstSequence).toBe(last + 1);
    expect(sequence).toBeGreaterThanOrEqual(firstSequence);
    last = sequence;
  }
}

/** 5 prompt tokens at 0.001, 9 completion tokens at 0.002, and 5 % on both. */
function expectBilled(usage: Data, charges: Data[]): void {
  expect(usage).toEqual({
    promptTokens: 5,
    completionTokens: 9,
    totalTokens: 14,
    cost: '0.023',
    fee: '0.00115',
    charged: '0.02415',
    estimated: false,
  });
  expect(charges.map(({ kind, quantity, amount }) => `${kind} ${quantity} ${amount}`)).toEqual([
    'PROMPT 5 0.005',
    'COMPLETION 9 0.018',
    'FEE 1 0.00115',
  ]);
  const sum = charges.reduce((total, { amount }) => total + parseMoney(amount), 0n);
  expect(sum).toBe(parseMoney(usage.charged));
}
