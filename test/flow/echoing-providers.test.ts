import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tableTexts } from '../harness/table-texts.ts';
import {
  type StubAnswer,
  type StubRequest,
  stubUpstream,
  type UpstreamStub,
} from '../harness/upstream-stub.ts';
import { type WatchedApp, watchedApp } from '../harness/watched-app.ts';
import { type Customer, customer, offer } from '../harness/whole-app.ts';

const connectors = [
  'openai-compatible',
  'anthropic',
  'google',
  'google-vertex',
  'amazon-bedrock',
  'cohere',
];

const canaries = {
  "the organization's key": 'canary-own-credential-7f3a9c51',
  "the platform's credential": 'canary-platform-credential-91d7',
  'the password of an address': 'canary-address-password-c204',
  'the prompt': 'The canary of e2d9 sings at "noon".',
  'the end of the prompt': 'canary of e2d9 sings at',
};

/** All that the provider was sent, in the words of a careless one. */
function echo({ headers, body }: StubRequest): string {
  const secrets = Object.values(headers).join(' ').replace('Bearer ', '');
  return `Refused ${canaries['the prompt']} of ${secrets} (${JSON.stringify(headers)}) in
    ${JSON.stringify(body)}.`;
}

const errorOf = (request: StubRequest) => {
  const message = echo(request);
  return { message, error: { type: 'error', message } };
};

const refusal = (status: number) => (answer: StubAnswer, request: StubRequest) =>
  answer.json(status, errorOf(request));

/** What a provider does with a request, and that it repeats all of it. */
const scenes: Readonly<
  Record<string, (answer: StubAnswer, request: StubRequest) => void | Promise<void>>
> = {
  'refuses the credential': refusal(401),
  'refuses the request': refusal(400),
  'refuses the rate': refusal(429),
  fails: refusal(500),
  async 'answers what is no JSON'(answer, request) {
    answer.head(200, { 'content-type': 'text/event-stream' });
    await answer.write(`data: {"${echo(request).replaceAll(/\s+/g, ' ')}\n\n`);
    answer.end();
  },
  async 'fails within its answer'(answer, request) {
    await answer.sse({ type: 'error', ...errorOf(request) });
    answer.end();
  },
};

const answers: string[] = [];
let watched: WatchedApp;
let acme: Customer;
let upstream: UpstreamStub;

beforeAll(async () => {
  upstream = await stubUpstream();
  watched = await watchedApp({
    OPENAI_API_KEY: canaries["the platform's credential"],
    OPENAI_BASE_URL: `http://somebody:${canaries['the password of an address']}@127.0.0.1:1/v1`,
  });
  acme = await customer(watched.app, '1000');
}, 180_000);
afterAll(async () => {
  watched?.close();
  await upstream?.close();
});

const admin = async (query: string, variables: object) => {
  const answer = JSON.stringify(await watched.app.admin.ask(query, variables));
  answers.push(answer);
  return answer;
};

/** A model of its own for each scene, so that no breaker keeps the next one from its provider. */
async function offered(connector: string, scene: string): Promise<string> {
  const provider = `echo-${connector}`;
  const model = `${provider}/${scene.toLowerCase().replaceAll(' ', '-')}`;
  await offer(watched.app.admin, { model, provider, baseUrl: upstream.url });
  await admin(
    `mutation ($input: UpsertProviderInput!) { upsertProvider(input: $input) { __typename } }`,
    {
      input: {
        slug: provider,
        name: provider,
        connector,
        baseUrl: upstream.url,
        secret: canaries["the platform's credential"],
      },
    },
  );
  const secret = canaries["the organization's key"];
  const { organizationId } = acme;
  await admin(
    `mutation ($input: AddProviderKeyInput!) { addProviderKey(input: $input) { __typename } }`,
    { input: { organizationId, provider, name: 'k', secret } },
  );
  return model;
}

async function asked(model: string): Promise<void> {
  const content = canaries['the prompt'];
  const whole = await acme.ask(
    `mutation ($input: CompletionInput!) { complete(input: $input) { __typename
      ... on Error { message } ... on CompletionError { completion { attempts { message } } } } }`,
    { input: { model, maxTokens: 5, messages: [{ role: 'USER', content }] } },
  );
  answers.push(JSON.stringify(whole));
  const streamed = await fetch(`${acme.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${acme.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model,
      max_tokens: 5,
      stream: true,
      messages: [{ role: 'user', content }],
    }),
  });
  answers.push(await streamed.text());
}

/** Also as JSON writes it within a text. */
const found = (text: string) =>
  Object.entries(canaries)
    .filter(([, canary]) => text.includes(canary))
    .map(([name]) => name);

describe.each(connectors)('a provider spoken to over %s', (connector) => {
  it.each(Object.keys(scenes))('that %s is not repeated to anybody', async (scene) => {
    const model = await offered(connector, scene);
    const before = upstream.requests.length;
    upstream.answerWith(scenes[scene] ?? refusal(500));
    await asked(model);
    const sent = JSON.stringify(upstream.requests.slice(before));
    expect(sent).toContain(canaries["the organization's key"]);
    expect(sent).toContain(canaries['the end of the prompt']);
    expect(found(answers.join('\n'))).toEqual([]);
    expect(found(watched.logged())).toEqual([]);
  });
});

it('a provider that cannot be reached is not told of by its address', async () => {
  await asked('openai/gpt-4o');
  expect(answers.slice(-2).join('\n')).toContain('could not be reached');
  expect(found(answers.join('\n'))).toEqual([]);
  expect(found(watched.logged())).toEqual([]);
});

it('nobody is told of it later, by the API or by a table', async () => {
  await admin(
    `query ($id: ID!) { node(id: $id) { ... on Organization {
      completions(first: 100) { nodes { error { message } attempts { message } } }
      providerKeys { nodes { hint lastError } } auditLog(first: 100) { nodes { details } } } } }`,
    { id: acme.organizationId },
  );
  expect(answers.at(-1)).toContain('"attempts":[{"message"');
  expect(found(answers.join('\n'))).toEqual([]);
  for (const [name, text] of await tableTexts(watched.app.config)) {
    expect(found(text), name).toEqual([]);
  }
});

it('nor by a trace', async () => {
  await watched.app.close();
  expect(watched.exportedTo()).toContain('/v1/traces');
  expect(found(watched.exported())).toEqual([]);
});
