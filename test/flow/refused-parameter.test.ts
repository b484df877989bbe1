import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { parseMoney } from '#kernel';
import type { Data } from '../harness/graphql-client.ts';
import {
  endMark,
  finishChunk,
  type StubScript,
  stubUpstream,
  textChunk,
  type UpstreamStub,
  usageChunk,
  wholeAnswer,
} from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let app: WholeApp;
let acme: Customer;
let strict: UpstreamStub;

const message = "Unsupported value: 'temperature' does not support 0.5 with this model.";

/** A model that is listed for a temperature, and refuses it. */
const refusesTemperature: StubScript = async (answer, { body }) => {
  if ('temperature' in body) {
    const error = { message, type: 'invalid_request_error', param: 'temperature' };
    return answer.json(400, { error: { ...error, code: 'unsupported_value' } });
  }
  const usage = { prompt_tokens: 11, completion_tokens: 7 };
  if (!body['stream']) {
    const whole = wholeAnswer({ content: 'Hello' }) as object;
    return answer.json(200, { ...whole, usage });
  }
  await answer.sse(textChunk('Hello'), finishChunk(), usageChunk(11, 7), endMark);
  answer.end();
};

beforeAll(async () => {
  strict = await stubUpstream();
  strict.answerWith(refusesTemperature);
  app = await wholeApp();
  acme = await customer(app, '1000');
}, 180_000);
afterEach(async () => expect(await app.audit()).toEqual([]));
afterAll(async () => {
  await app?.close();
  await strict?.close();
});

type Ask = (model: string, wishes?: Data) => Promise<{ text: string; error: string | null }>;

const graphqlInput = (model: string, wishes: Data = {}) => ({
  model,
  temperature: 0.5,
  maxTokens: 50,
  messages: [{ role: 'USER', content: 'Hi' }],
  ...wishes,
});

const subscription = `subscription ($input: CompletionInput!) { completion(input: $input) {
  ... on TextDelta { text } ... on CompletionFailed { error { message } } } }`;
const mutation = `mutation ($input: CompletionInput!) { complete(input: $input) {
  ... on CompletePayload { completion { text } } ... on Error { message } } }`;

const throughSubscription: Ask = async (model, wishes) => {
  const told = { text: '', error: null };
  for await (const event of acme.overWebSocket(subscription, {
    input: graphqlInput(model, wishes),
  })) {
    told.text += event.text ?? '';
    told.error ??= event.error?.message ?? null;
  }
  return told;
};

const throughMutation: Ask = async (model, wishes) => {
  const { data } = await acme.ask(mutation, { input: graphqlInput(model, wishes) });
  const { completion, message: error = null } = data.complete;
  return { text: completion?.text ?? '', error };
};

const throughChat =
  (stream: boolean): Ask =>
  async (model, { provider } = {}) => {
    const body = {
      model,
      stream,
      temperature: 0.5,
      max_tokens: 50,
      messages: [{ role: 'user', content: 'Hi' }],
      ...(provider ? { provider: { require_parameters: provider.requireParameters } } : {}),
    };
    const response = await fetch(`${acme.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${acme.key}` },
      body: JSON.stringify(body),
    });
    if (!response.ok) return { text: '', error: ((await response.json()) as Data).error.message };
    const said = [...(await response.text()).matchAll(/"content": ?"([^"]*)"/g)];
    return { text: said.map(([, text]) => text).join(''), error: null };
  };

const doors: readonly (readonly [name: string, ask: Ask])[] = [
  ['a subscription', throughSubscription],
  ['a mutation', throughMutation],
  ['chat completions', throughChat(false)],
  ['a stream of chat completions', throughChat(true)],
];

const slugOf = (name: string) => `acme/${name.replaceAll(' ', '-')}`;

const history = `query ($slug: String!, $model: String!) {
  organization(slug: $slug) { completions(first: 1) { nodes {
    status droppedParameters usage { charged } attempts { outcome httpStatus message } } } }
  routePlan(input: { model: $model, requiredParameters: ["temperature"] }) {
    candidates { reason } rejected { code reason } } }`;

async function listed(name: string): Promise<string> {
  const model = slugOf(name);
  const offered = { model, provider: 'strict', baseUrl: strict.url };
  await offer(app.admin, { ...offered, supportedParameters: ['temperature'] });
  return model;
}

it.each(doors)('the only endpoint is asked once more without it, through %s', async (name, ask) => {
  const model = await listed(name);
  const before = await acme.credits();
  expect(await ask(model)).toEqual({ text: 'Hello', error: null });
  const { balance, held } = await acme.credits();
  // 11 × $0.001 + 7 × $0.002, and five per cent.
  expect([before.balance - balance, held]).toEqual([parseMoney('0.02625'), 0n]);
  const { data } = await app.admin.ask(history, { slug: acme.slug, model });
  expect(data.organization.completions.nodes).toMatchObject([
    {
      status: 'SUCCEEDED',
      droppedParameters: ['temperature'],
      usage: { charged: '0.02625' },
      attempts: [
        { outcome: 'REJECTED', httpStatus: 400, message: expect.stringContaining('temperature') },
        { outcome: 'SUCCEEDED', httpStatus: null, message: null },
      ],
    },
  ]);
  expect(data.routePlan).toMatchObject({
    candidates: [],
    rejected: [
      {
        code: 'UNSUPPORTED_PARAMETER',
        reason: expect.stringContaining('It refused `temperature` on'),
      },
    ],
  });
});

it.each(doors)('who demands it is told why it failed, through %s', async (name, ask) => {
  const demand = name.includes('chat') ? 'require_parameters' : 'requireParameters';
  const model = await listed(`demanded by ${name}`);
  const before = await acme.credits();
  const { text, error } = await ask(model, { provider: { requireParameters: true } });
  expect(text).toBe('');
  expect(error).toMatch(new RegExp(`does not support 0\\.5.*\`${demand}\``));
  expect(await acme.credits()).toEqual(before);
});
