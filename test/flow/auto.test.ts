import { afterAll, beforeAll, expect, it } from 'vitest';
import { answersProperly, wholeText } from '../faults/answer.ts';
import { stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let app: WholeApp;
let acme: Customer;
let upstream: UpstreamStub;

beforeAll(async () => {
  upstream = await stubUpstream();
  upstream.answerWith(answersProperly);
  app = await wholeApp();
  acme = await customer(app, '10');
}, 180_000);
afterAll(async () => {
  await app?.close();
  await upstream?.close();
});

const input = (model: string) => ({
  model,
  maxTokens: 2_000,
  messages: [{ role: 'USER', content: 'Choose for me.' }],
});

async function completed(model: string) {
  const { data } = await acme.ask(
    `mutation ($input: CompletionInput!) { complete(input: $input) {
      ... on CompletePayload { text completion { status requestedModel model { slug } } }
      ... on Error { message } } }`,
    { input: input(model) },
  );
  return data.complete;
}

it('`auto` is the simulation on a fresh machine, and says so before anything is sent', async () => {
  const { data } = await acme.ask(
    `{ routePlan(input: { model: "auto" }) {
      model { slug } candidates { reason } error { message } } }`,
  );
  const { model, candidates, error } = data.routePlan;
  expect(error).toBeNull();
  expect(candidates[0].reason).toContain('nothing but the simulation can be used here yet');
  expect((await completed('auto')).completion).toEqual({
    status: 'SUCCEEDED',
    requestedModel: 'auto',
    model: { slug: model.slug },
  });
});

it('`auto` and `author/family-latest` are what there is, over GraphQL and REST', async () => {
  const prices = { promptPrice: '0.000001', completionPrice: '0.000002' };
  await offer(app.admin, {
    model: 'acme/talker-2',
    provider: 'acme',
    baseUrl: upstream.url,
    ...prices,
  });
  for (const model of ['auto', 'acme/talker-latest']) {
    expect(await completed(model)).toEqual({
      text: wholeText,
      completion: {
        status: 'SUCCEEDED',
        requestedModel: model,
        model: { slug: 'acme/talker-2' },
      },
    });
    const response = await fetch(`${app.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${acme.key}` },
      body: JSON.stringify({
        model: model === 'auto' ? 'openrouter/auto' : model,
        max_tokens: 2_000,
        messages: [{ role: 'user', content: 'Choose for me.' }],
      }),
    });
    expect(await response.json()).toMatchObject({ model: 'acme/talker-2' });
  }
});
