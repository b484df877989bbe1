import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { parseMoney, silentLog } from '#kernel';
import { rotateMasterKey } from '../../src/app/keys-rotation.ts';
import type { Data, GraphqlClient } from '../harness/graphql-client.ts';
import { recordingLog } from '../harness/recording-log.ts';
import { type StubRequest, stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

/** An organization brings its own credential at a provider, and pays the fee alone. */
const model = 'acme/own';
const secret = 'own-credential-canary-0123456789';
const platform = 'a-secret-of-the-tests';
const log = recordingLog();
let app: WholeApp;
let acme: Customer;
let stranger: Customer;
let upstream: UpstreamStub;

beforeAll(async () => {
  upstream = await stubUpstream();
  app = await wholeApp({ log });
  await offer(app.admin, { model, provider: 'theirs', baseUrl: upstream.url });
  acme = await customer(app, '1000');
  stranger = await customer(app, '1000');
}, 180_000);
beforeEach(() => upstream.answerWith(hello));
afterEach(async () => expect(await app.audit()).toEqual([]));
afterAll(async () => {
  await app?.close();
  await upstream?.close();
});

const hello: Parameters<UpstreamStub['answerWith']>[0] = (reply) =>
  reply.json(200, {
    id: 'x',
    object: 'chat.completion',
    created: 1,
    model: 'stub',
    choices: [{ index: 0, message: { content: 'Hello' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
  });

const bearer = ({ headers }: StubRequest | { headers: StubRequest['headers'] }) =>
  headers.authorization?.replace('Bearer ', '');

/** Who may write keys: the platform's administrator may everywhere. */
async function act(mutation: string, variables: object): Promise<Data> {
  const { data, errors } = await app.admin.ask(mutation, variables);
  expect(errors).toBeUndefined();
  return Object.values(data)[0];
}

const shown = 'id name hint fallbackToPlatform enabled lastUsedAt lastError provider { slug }';
const add = (given: object = {}) =>
  act(
    `mutation ($input: AddProviderKeyInput!) { addProviderKey(input: $input) { __typename
       ... on AddProviderKeyPayload { providerKey { ${shown} } } ... on Error { code message } } }`,
    {
      input: {
        organizationId: acme.organizationId,
        provider: 'theirs',
        name: 'Ours',
        secret,
        ...given,
      },
    },
  );
const update = (input: object) =>
  act(
    `mutation ($input: UpdateProviderKeyInput!) { updateProviderKey(input: $input) { __typename
       ... on UpdateProviderKeyPayload { providerKey { ${shown} } } ... on Error { code } } }`,
    { input },
  );
const remove = (id: string) =>
  act(
    `mutation ($id: ID!) { removeProviderKey(id: $id) { __typename
       ... on RemoveProviderKeyPayload { removedProviderKeyId } ... on Error { code } } }`,
    { id },
  );
const nodeOf = async (id: string) =>
  (
    await app.admin.ask(`query ($id: ID!) { node(id: $id) { ... on ProviderKey { ${shown} } } }`, {
      id,
    })
  ).data.node;

async function complete(client: GraphqlClient, more = ''): Promise<Data> {
  const { data, errors } = await client.ask(`mutation { complete(input: {
    model: "${model}", maxTokens: 50 ${more} messages: [{ role: USER, content: "Hi" }] }) {
      __typename
      ... on CompletePayload { completion { id
        usage { ownProviderKey cost upstreamCost fee charged }
        charges { kind quantity amount } attempts { ownProviderKey outcome message } } }
      ... on InsufficientCreditsError { required available }
      ... on Error { code message } } }`);
  expect(errors).toBeUndefined();
  return data.complete;
}

it('REST tells of each attempt whose key it used', async () => {
  const answeredWith = async () => {
    const { completion } = await complete(acme);
    const response = await fetch(`${app.url}/v1/generation?id=${completion.id}`, {
      headers: { Authorization: `Bearer ${acme.key}` },
    });
    const { data } = await response.json();
    return [data.is_byok, data.provider_responses.map((one: Data) => one.is_byok)];
  };
  const { providerKey } = await add();
  expect(await answeredWith()).toEqual([true, [true]]);
  await remove(providerKey.id);
  expect(await answeredWith()).toEqual([false, [false]]);
});

it('the organization’s key goes upstream, and the fee alone is charged, to the digit', async () => {
  const { providerKey } = await add();
  expect(providerKey).toMatchObject({ hint: 'own-cred…6789', provider: { slug: 'theirs' } });
  const before = await acme.credits();
  const { completion } = await complete(acme);
  expect(bearer(upstream.requests.at(-1) as StubRequest)).toBe(secret);
  // 7 × 0.001 + 3 × 0.002 = 0.013 at the list price; 5 % of it is ours.
  expect(completion.usage).toEqual({
    ownProviderKey: true,
    cost: '0',
    upstreamCost: '0.013',
    fee: '0.00065',
    charged: '0.00065',
  });
  expect(completion.charges).toEqual([{ kind: 'FEE', quantity: 1, amount: '0.00065' }]);
  expect(completion.attempts).toMatchObject([{ ownProviderKey: true, outcome: 'SUCCEEDED' }]);
  const after = await acme.credits();
  expect(before.balance - after.balance).toBe(parseMoney('0.00065'));
  expect(await ledgerOf(1)).toEqual([{ kind: 'FEE', amount: '-0.00065' }]);
  expect((await nodeOf(providerKey.id)).lastUsedAt).not.toBeNull();
  await remove(providerKey.id);
});

async function ledgerOf(first: number) {
  const { data } = await app.admin.ask(
    `query ($id: ID!, $first: Int!) { node(id: $id) { ... on Organization {
      credits { ledger(first: $first) { nodes { kind amount } } } } } }`,
    { id: acme.organizationId, first },
  );
  return data.node.credits.ledger.nodes;
}

it('that is added twice at the same moment is there once', async () => {
  const answers = await Promise.all([add(), add(), add()]);
  const added = answers.flatMap(({ providerKey }) => (providerKey ? [providerKey.id] : []));
  const refused = answers.flatMap(({ code }) => (code ? [code] : []));
  expect([added.length, refused]).toEqual([1, ['CONFLICT', 'CONFLICT']]);
  await remove(added[0]);
});

it('another organization’s requests never use it', async () => {
  const { providerKey } = await add();
  const { completion } = await complete(stranger);
  expect(bearer(upstream.requests.at(-1) as StubRequest)).toBe(platform);
  expect(completion.usage).toMatchObject({ ownProviderKey: false, cost: '0.013' });
  const { data } = await stranger.ask('query ($id: ID!) { node(id: $id) { id } }', {
    id: providerKey.id,
  });
  expect(data.node).toBeNull();
  await remove(providerKey.id);
});

it('a key that is disabled or removed stops at once', async () => {
  const { providerKey } = await add();
  await update({ id: providerKey.id, enabled: false });
  await complete(acme);
  expect(bearer(upstream.requests.at(-1) as StubRequest)).toBe(platform);
  await update({ id: providerKey.id, enabled: true });
  await complete(acme);
  expect(bearer(upstream.requests.at(-1) as StubRequest)).toBe(secret);
  expect(await remove(providerKey.id)).toMatchObject({ removedProviderKeyId: providerKey.id });
  await complete(acme);
  expect(bearer(upstream.requests.at(-1) as StubRequest)).toBe(platform);
  expect(await remove(providerKey.id)).toMatchObject({ code: 'NOT_FOUND' });
});

it('a refused key falls back to the platform at the full price, or not at all', async () => {
  upstream.answerWith((reply, request) =>
    bearer(request) === secret
      ? reply.json(401, { error: { message: `Wrong key ${secret}.` } })
      : hello(reply, request),
  );
  const { providerKey } = await add();
  const { completion } = await complete(acme);
  expect(completion.usage).toMatchObject({ ownProviderKey: false, cost: '0.013', fee: '0.00065' });
  expect(completion.attempts).toMatchObject([
    { ownProviderKey: true, outcome: 'REJECTED' },
    { ownProviderKey: false, outcome: 'SUCCEEDED' },
  ]);
  const { lastError } = await nodeOf(providerKey.id);
  expect(lastError).toMatch(/refused your organization's own key/);
  expect(lastError).not.toContain(secret);

  await update({ id: providerKey.id, fallbackToPlatform: false });
  const failed = await complete(acme);
  expect(failed).toMatchObject({ __typename: 'CompletionError', code: 'UPSTREAM_FAILED' });
  const { balance } = await acme.credits();
  expect((await complete(acme)).__typename).not.toBe('CompletePayload');
  expect((await acme.credits()).balance).toBe(balance);
  await remove(providerKey.id);
});

it('a plan says which key would be used, and what it would cost at most', async () => {
  const { providerKey } = await add();
  const { data } = await app.admin.ask(
    `query ($organizationId: ID!) { routePlan(input: {
      model: "${model}", promptTokens: 100, maxTokens: 100, organizationId: $organizationId }) {
      candidates { order weight maximumCharge providerKey { id } } } }`,
    { organizationId: acme.organizationId },
  );
  expect(data.routePlan.candidates).toEqual([
    { order: 1, weight: 1, maximumCharge: '0.015', providerKey: { id: providerKey.id } },
    { order: 2, weight: 0, maximumCharge: '0.315', providerKey: null },
  ]);
  await remove(providerKey.id);
});

it('who runs on a key sees which one it is, and not how it fares', async () => {
  const { providerKey } = await add();
  await complete(acme);
  const { data } = await acme.ask(`{ routePlan(input: { model: "${model}" }) {
    candidates { providerKey { id name lastUsedAt lastError } } } }`);
  expect(data.routePlan.candidates[0].providerKey).toEqual({
    id: providerKey.id,
    name: 'Ours',
    lastUsedAt: null,
    lastError: null,
  });
  expect((await nodeOf(providerKey.id)).lastUsedAt).not.toBeNull();
  await remove(providerKey.id);
});

it('credits that pay the fee alone admit what the own key answers', async () => {
  const poor = await customer(app, '0.02');
  expect((await complete(poor)).__typename).toBe('InsufficientCreditsError');
  await add({ organizationId: poor.organizationId });
  const { completion } = await complete(poor);
  expect(completion.usage).toMatchObject({ ownProviderKey: true, charged: '0.00065' });
});

it('the master key is rotated on the running server, and every credential works on', async () => {
  const { providerKey } = await add();
  const { number, resealed } = await rotateMasterKey(app.config, silentLog);
  expect(number).toBe(2);
  expect(resealed).toBeGreaterThanOrEqual(3);
  await complete(acme);
  expect(bearer(upstream.requests.at(-1) as StubRequest)).toBe(secret);
  // Sealed by the running server, which has to know the new master key for it.
  await update({ id: providerKey.id, secret: 'another-own-credential' });
  await complete(acme);
  expect(bearer(upstream.requests.at(-1) as StubRequest)).toBe('another-own-credential');
  await complete(stranger);
  expect(bearer(upstream.requests.at(-1) as StubRequest)).toBe(platform);
  await remove(providerKey.id);
});

it('on a simulation an own key can be tried out, at the fee alone', async () => {
  const { providerKey } = await add({ provider: 'sandbox-fast' });
  const { data } = await acme.ask(`mutation { complete(input: { model: "sandbox/markov",
    maxTokens: 20, messages: [{ role: USER, content: "Hi" }] }) { ... on CompletePayload {
      completion { endpoint { provider { slug } } usage { ownProviderKey cost } } } } }`);
  expect(data.complete.completion).toEqual({
    endpoint: { provider: { slug: 'sandbox-fast' } },
    usage: { ownProviderKey: true, cost: '0' },
  });
  await remove(providerKey.id);
});

it('no log line holds a credential', () => {
  expect(JSON.stringify(log.lines)).not.toMatch(/own-credential-canary|another-own-credential/);
});
