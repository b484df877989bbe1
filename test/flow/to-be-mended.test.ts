import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type StubScript, stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let app: WholeApp;
let acme: Customer;
let first: UpstreamStub;
let second: UpstreamStub;

const refusing =
  (status: number, message: string): StubScript =>
  (answer) =>
    answer.json(status, { error: { message } });
const wrongKey = refusing(401, 'Wrong key.');
const unknownModel = refusing(404, 'No such model.');

beforeAll(async () => {
  [first, second] = [await stubUpstream(), await stubUpstream()];
  app = await wholeApp();
  const model = 'acme/refused';
  await offer(app.admin, { model, provider: 'first', baseUrl: first.url });
  await offer(app.admin, { model, provider: 'second', baseUrl: second.url });
  acme = await customer(app, '10');
}, 180_000);
beforeEach(() => {
  first.answerWith(wrongKey);
  second.answerWith(unknownModel);
});
afterAll(async () => {
  await app?.close();
  await Promise.all([first?.close(), second?.close()]);
});

const provider = { order: ['first', 'second'] };

async function asked(): Promise<boolean> {
  const { data } = await acme.ask(
    `mutation ($input: CompletionInput!) {
      complete(input: $input) { ... on Error { code retryable } } }`,
    { input: { model: 'acme/refused', provider, messages: [{ role: 'USER', content: 'Hi' }] } },
  );
  expect(data.complete.code).toBe('UPSTREAM_FAILED');
  return data.complete.retryable;
}

it('a request that every provider refuses for the operator to mend is not repeated', async () => {
  const openai = new OpenAI({ baseURL: `${app.url}/v1`, apiKey: acme.key });
  const body = { model: 'acme/refused', provider, messages: [{ role: 'user', content: 'Hi' }] };
  const sent = openai.post('/chat/completions', { body });
  await expect(sent).rejects.toMatchObject({ status: 502 });
  expect([first.requests.length, second.requests.length]).toEqual([1, 1]);
  expect(await asked()).toBe(false);
});

it('it may be repeated when one of them failed otherwise', async () => {
  first.answerWith(refusing(500, 'It broke.'));
  expect(await asked()).toBe(true);
});
