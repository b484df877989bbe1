import { afterAll, beforeAll, expect, it } from 'vitest';
import { Browser } from '../harness/browser.ts';
import { tableTexts } from '../harness/table-texts.ts';
import { stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { type WatchedApp, watchedApp } from '../harness/watched-app.ts';
import {
  adminKey,
  type Customer,
  customer,
  demoKey,
  offer,
  type WholeApp,
} from '../harness/whole-app.ts';

/** Secrets that can be told from everything else, put through every path that takes one. */
const canaries = {
  'a provider key': 'canary-provider-key-7f3a9c51',
  'a provider key that is refused': 'canary-provider-key-b6e04d28',
  "the platform's credential": 'canary-platform-credential-91d7',
  'a password': 'canary password 5ac81e',
  'a wrong password': 'canary password 0be77f',
  'a credential of nobody': 'sk-bourse-canaryOfNobody000000000000000000000000000000',
  'an invitation token': 'canary-invitation-token-4417aa',
  'a prompt': 'canary prompt e2d9',
  'an end user': 'canary-end-user-6b1c',
};

const answers: string[] = [];
let app: WholeApp;
let acme: Customer;
let upstream: UpstreamStub;
let watched: WatchedApp;

beforeAll(async () => {
  upstream = await stubUpstream();
  watched = await watchedApp();
  app = watched.app;
  acme = await customer(app, '10');
}, 180_000);
afterAll(async () => {
  watched?.close();
  await upstream?.close();
});

const graphql = async (key: string, query: string, variables: object = {}) => {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query, variables }),
  });
  answers.push(await response.text());
};

const rest = async (path: string, key: string, body: object) => {
  const response = await fetch(`${app.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  });
  return response.text();
};

async function throughProviders(): Promise<void> {
  const model = 'acme/canary';
  upstream.answerWith((answer, { headers: { authorization = '' } }) => {
    const bare = authorization.replace('Bearer ', '');
    const message = `Incorrect API key provided: ${bare} (${authorization}).`;
    answer.json(401, { error: { message } });
  });
  await offer(app.admin, { model, provider: 'canary', baseUrl: upstream.url });
  await graphql(
    adminKey,
    `mutation ($secret: String!) { upsertProvider(input: { slug: "canary", name: "canary"
      connector: "openai-compatible", secret: $secret }) { __typename } }`,
    { secret: canaries["the platform's credential"] },
  );
  const organizationId = acme.organizationId;
  for (const name of ['a provider key', 'a provider key that is refused'] as const) {
    await graphql(
      adminKey,
      `mutation ($input: AddProviderKeyInput!) { addProviderKey(input: $input) { __typename
        ... on AddProviderKeyPayload { providerKey { id name hint lastError } } } }`,
      { input: { organizationId, provider: 'canary', name: 'k', secret: canaries[name] } },
    );
  }
  const unusable = `${canaries['a provider key']}\nin two lines`;
  await graphql(
    adminKey,
    `mutation ($input: AddProviderKeyInput!) { addProviderKey(input: $input) { __typename
      ... on Error { message } ... on InvalidInputError { issues { path message } } } }`,
    { input: { organizationId, provider: 'canary', name: 'k', secret: unusable } },
  );
  const content = canaries['a prompt'];
  answers.push(
    await rest('/v1/chat/completions', acme.key, { model, messages: [{ role: 'user', content }] }),
  );
  await graphql(
    adminKey,
    `query ($id: ID!) { node(id: $id) { ... on Organization {
      providerKeys { nodes { name hint lastError } } auditLog { nodes { details } } } } }`,
    { id: organizationId },
  );
}

async function throughPeople(): Promise<void> {
  const page = new Browser(app.url);
  const email = 'canary@example.com';
  for (const response of [
    await page.signUp(email, canaries['a password']),
    await page.signIn(email, canaries['a wrong password']),
    await page.signIn(email, canaries['a password']),
  ]) {
    answers.push(await response.text());
  }
  const token = canaries['an invitation token'];
  const accept = `mutation ($token: String!) { acceptInvitation(token: $token) {
    __typename ... on Error { message } } }`;
  answers.push(JSON.stringify(await page.ask(accept, { token })));
  await graphql(canaries['a credential of nobody'], '{ viewer { __typename } }');
  answers.push(await rest('/v1/chat/completions', canaries['a credential of nobody'], {}));
}

/** What is said goes back to who said it, so these answers are not looked at. */
async function throughCompletions(): Promise<void> {
  const content = canaries['a prompt'];
  const user = canaries['an end user'];
  const messages = [{ role: 'user', content }];
  for (const stream of [false, true]) {
    await rest('/v1/chat/completions', acme.key, { model: 'sandbox/echo', messages, stream, user });
  }
  for (const model of ['sandbox/fail-500', 'sandbox/malformed', 'nobody/none']) {
    const asked = { model, max_tokens: 5, messages };
    answers.push(await rest('/v1/chat/completions', acme.key, asked));
  }
  await rest('/v1/messages', acme.key, { model: 'sandbox/echo', max_tokens: 5, messages });
  await rest('/v1/responses', acme.key, { model: 'sandbox/echo', input: content });
  await rest('/v1/embeddings', acme.key, { model: 'sandbox/embed', input: content });
  const inputs = [
    { model: 'sandbox/hang', messages: [{ role: 'USER', content }], temperature: 'hot' },
    { model: 'sandbox/echo', messages: [{ role: 'USER', content, toolCallId: 'x' }] },
  ];
  for (const input of inputs) {
    const mutation = `mutation ($input: CompletionInput!) { complete(input: $input) {
      __typename ... on Error { message } } }`;
    await graphql(acme.key, mutation, { input });
  }
}

const found = (text: string, but: readonly string[] = []) =>
  Object.entries({ ...canaries, 'an API key': acme.key, 'the demo key': demoKey, adminKey })
    .filter(([name, secret]) => !but.includes(name) && text.includes(secret))
    .map(([name]) => name);

it('no secret and no prompt is in a log line, an answer, the audit or a table', async () => {
  await throughProviders();
  await throughPeople();
  await throughCompletions();
  expect(watched.logged().split('\n').length).toBeGreaterThan(3);
  expect(answers.length).toBeGreaterThan(15);
  expect(found(watched.logged())).toEqual([]);
  expect(found(answers.join('\n'))).toEqual([]);
  for (const [name, text] of await tableTexts(app.config)) {
    // The end user is the customer's own name for somebody, and kept with the completion.
    expect(found(text, ['an end user']), name).toEqual([]);
  }
});

it('nor in a trace or a metric: what was sent until the server closed', async () => {
  await app.close();
  expect(watched.exportedTo()).toEqual(new Set(['/v1/traces', '/v1/metrics']));
  expect(found(watched.exported())).toEqual([]);
});
