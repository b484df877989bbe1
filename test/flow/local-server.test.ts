import { afterAll, beforeAll, expect, it } from 'vitest';
import { answersProperly, wholeText } from '../faults/answer.ts';
import { type HastyClock, hastyClock } from '../harness/hasty-clock.ts';
import { type StubScript, stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { type Customer, customer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

/** What each server answers to `GET /v1/models`. */
const servers = {
  Ollama: {
    object: 'list',
    data: [{ id: 'llama3.2:3b', object: 'model', created: 1_760_000_000, owned_by: 'library' }],
  },
  'llama.cpp': {
    object: 'list',
    models: [{ name: 'qwen3-4b.gguf', model: 'qwen3-4b.gguf' }],
    data: [{ id: 'qwen3-4b.gguf', object: 'model', meta: { n_ctx_train: 40_960 } }],
  },
  vLLM: {
    object: 'list',
    data: [{ id: 'Qwen/Qwen3-8B', object: 'model', max_model_len: 40_960, permission: [] }],
  },
};

let app: WholeApp;
let acme: Customer;
let local: UpstreamStub;
let clock: HastyClock;
let listing: object = servers.Ollama;

const script: StubScript = (answer, request) =>
  request.method === 'GET' ? answer.json(200, listing) : answersProperly(answer, request);

beforeAll(async () => {
  clock = hastyClock();
  local = await stubUpstream();
  local.answerWith(script);
  app = await wholeApp({ clock, settings: { OLLAMA_BASE_URL: local.url.replace('/v1', '') } });
  acme = await customer(app, '1');
}, 180_000);
afterAll(async () => {
  await app?.close();
  await local?.close();
});

async function listed(slug: string) {
  const { data } = await acme.ask(
    `query ($slug: String!) { model(slug: $slug) {
      contextLength
      endpoints { status provider { slug } pricing { promptPerToken completionPerToken } } } }`,
    { slug },
  );
  return data.model;
}

it.each([
  ['Ollama', 'llama3.2:3b', 'ollama/llama3.2-3b'],
  ['llama.cpp', 'qwen3-4b.gguf', 'ollama/qwen3-4b.gguf'],
  ['vLLM', 'Qwen/Qwen3-8B', 'ollama/qwen-qwen3-8b'],
] as const)(
  'the models of %s are found, listed and served at price 0',
  async (server, id, slug) => {
    listing = servers[server];
    const asked = local.nextRequest();
    clock.skip(10_000);
    await asked;
    let model = await listed(slug);
    while (!model) model = await listed(slug);
    expect(model.endpoints).toEqual([
      {
        status: 'UP',
        provider: { slug: 'ollama' },
        pricing: { promptPerToken: '0', completionPerToken: '0' },
      },
    ]);
    const before = await acme.credits();
    const { data } = await acme.ask(
      `mutation ($model: String!) { complete(input: { model: $model, maxTokens: 2000
      messages: [{ role: USER, content: "Hello?" }] }) {
      ... on CompletePayload { text completion { usage { charged } } }
      ... on Error { message } } }`,
      { model: slug },
    );
    expect(data.complete).toEqual({ text: wholeText, completion: { usage: { charged: '0' } } });
    expect(local.requests.at(-1)?.body['model']).toBe(id);
    expect(await acme.credits()).toEqual(before);
  },
);
