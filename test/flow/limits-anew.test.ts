import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Data } from '../harness/graphql-client.ts';
import { stubUpstream, type UpstreamStub, wholeAnswer } from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

/** A limit that is taken away for a while, or counted by another period, forgets nothing. */
const model = 'acme/limited';
let app: WholeApp;
let upstream: UpstreamStub;

beforeAll(async () => {
  upstream = await stubUpstream();
  upstream.answerWith((reply) => reply.json(200, wholeAnswer({ content: 'Hello' })));
  app = await wholeApp();
  await offer(app.admin, { model, provider: 'theirs', baseUrl: upstream.url });
}, 180_000);
afterEach(async () => expect(await app.audit()).toEqual([]));
afterAll(async () => {
  await app?.close();
  await upstream?.close();
});

async function act(mutation: string, input: object): Promise<Data> {
  const { data, errors } = await app.admin.ask(mutation, { input });
  expect(errors).toBeUndefined();
  expect(Object.values<Data>(data)[0].message).toBeUndefined();
  return Object.values<Data>(data)[0];
}

/** What one completion was charged, or the code of its refusal. */
async function ask(acme: Customer): Promise<string> {
  const { data } = await acme.ask(`mutation { complete(input: { model: "${model}", maxTokens: 2,
    messages: [{ role: USER, content: "Hi" }] }) {
      ... on CompletePayload { completion { usage { charged } } } ... on Error { code } } }`);
  return data.complete.code ?? data.complete.completion.usage.charged;
}

const limited = (acme: Customer, settings: object) =>
  act(
    `mutation ($input: UpdateApiKeyInput!) { updateApiKey(input: $input) {
       ... on Error { message } } }`,
    { id: acme.keyId, ...settings },
  );

const times = (price: string, n: number) => String((Number(price) * n).toFixed(12));

it.each([
  ['set again', { creditLimit: null }, {}],
  ['by its former period again', { limitPeriod: 'MONTHLY' }, { limitPeriod: 'DAILY' }],
])('a limit that is %s counts what was charged meanwhile', async (_, away, again) => {
  const acme = await customer(app, '1000');
  const price = await ask(acme);
  const creditLimit = times(price, 8);
  await limited(acme, { creditLimit, limitPeriod: 'DAILY' });
  await ask(acme);
  await limited(acme, { ...away, ...('creditLimit' in away ? {} : { creditLimit: '900' }) });
  for (let n = 0; n < 7; n++) expect(await ask(acme)).toBe(price);
  await limited(acme, { creditLimit, ...again });
  expect(await ask(acme)).toBe('LIMIT_EXCEEDED');
});
