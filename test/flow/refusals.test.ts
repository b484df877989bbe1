import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { graphqlClient } from '../harness/graphql-client.ts';
import { stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let app: WholeApp;
let acme: Customer;
let upstream: UpstreamStub;
let before: Awaited<ReturnType<Customer['credits']>>;

beforeAll(async () => {
  upstream = await stubUpstream();
  app = await wholeApp();
  await offer(app.admin, { model: 'acme/writer', provider: 'printer', baseUrl: upstream.url });
  await app.admin.ask(`mutation { upsertModel(input: {
    slug: "acme/orphan", name: "Orphan", author: "acme", contextLength: 1000
  }) { __typename } }`);
  acme = await customer(app, '10');
}, 180_000);
afterAll(async () => {
  await app?.close();
  await upstream?.close();
});

beforeEach(async () => {
  before = await acme.credits();
});
afterEach(async () => {
  expect(await acme.credits()).toEqual(before);
  expect(upstream.requests).toEqual([]);
});

const hello = [{ role: 'user', content: 'Hello' }];

/** Each fault of a request: as it is sent over both surfaces, and by what name it is refused. */
const faults = [
  {
    name: 'an unknown model',
    input: { model: 'nobody/nothing', messages: hello },
    type: 'NotFoundError',
    code: 'MODEL_NOT_FOUND',
    param: 'model',
    status: 404,
  },
  {
    name: 'no messages',
    input: { model: 'acme/writer', messages: [] },
    type: 'InvalidInputError',
    code: 'INVALID_INPUT',
    field: 'messages',
    status: 400,
  },
  {
    name: 'temperature 9',
    input: { model: 'acme/writer', messages: hello, temperature: 9 },
    type: 'InvalidInputError',
    code: 'INVALID_INPUT',
    field: 'temperature',
    status: 400,
  },
  {
    name: 'a model without an endpoint',
    input: { model: 'acme/orphan', messages: hello },
    type: 'NoEndpointAvailableError',
    code: 'NO_ENDPOINT_AVAILABLE',
    status: 503,
  },
  {
    name: 'a model whose provider has no credential',
    input: { model: 'openai/gpt-4o', messages: hello },
    type: 'NoEndpointAvailableError',
    code: 'NO_ENDPOINT_AVAILABLE',
    status: 503,
  },
] as const;

const inGraphql = ({ messages, ...rest }: { messages: readonly (typeof hello)[number][] }) => ({
  input: { ...rest, messages: messages.map((one) => ({ ...one, role: 'USER' })) },
});

const failure = `__typename message code
  ... on InvalidInputError { path issues { path } }
  ... on NoEndpointAvailableError { rejections { code } }`;

describe.each(faults)('$name', ({ input, type, code, status, ...fault }) => {
  const field = 'field' in fault ? fault.field : null;
  const told = { __typename: type, code, ...(field ? { path: ['input', field] } : {}) };

  it('is data of a mutation', async () => {
    const { data } = await acme.ask(
      `mutation ($input: CompletionInput!) { complete(input: $input) {
        ... on Error { ${failure} } } }`,
      inGraphql(input),
    );
    expect(data.complete).toMatchObject(told);
  });

  it.each(['overWebSocket', 'overEventStream'] as const)('is one event %s', async (way) => {
    const query = `subscription ($input: CompletionInput!) { completion(input: $input) {
      __typename sequence firstSequence
      ... on CompletionFailed {
        error { ${failure} } usage { charged totalTokens }
        completion { status finishReason attempts { outcome } error { code } }
      }
    } }`;
    const events = [];
    for await (const event of acme[way](query, inGraphql(input))) events.push(event);
    expect(events).toMatchObject([
      {
        __typename: 'CompletionFailed',
        sequence: 1,
        firstSequence: 1,
        error: told,
        usage: { charged: '0', totalTokens: 0 },
        completion: { status: 'FAILED', finishReason: null, attempts: [], error: { code } },
      },
    ]);
  });

  it.each([true, false])('is an error of the OpenAI surface, stream %s', async (stream) => {
    const response = await post('/v1/chat/completions', JSON.stringify({ ...input, stream }));
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as { error: Record<string, unknown> };
    expect(error).toMatchObject({ code: status, param: 'param' in fault ? fault.param : field });
    expect(error['message']).toEqual(expect.any(String));
  });
});

const post = (path: string, body: string, key = acme.key) =>
  fetch(`${app.url}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` },
    body,
  });

const paths = ['/graphql', '/v1/chat/completions'];

it.each(paths)('%s: 11 MiB are refused with 413', async (path) => {
  const response = await post(path, JSON.stringify({ query: 'x'.repeat(11 * 1024 * 1024) }));
  expect(response.status).toBe(413);
  expect(await response.text()).toContain('10 MiB');
});

it.each(paths)('%s: malformed JSON is refused with 400', async (path) => {
  const response = await post(path, '{"query": ');
  expect(response.status).toBe(400);
  expect(await response.text()).toMatch(/INVALID_INPUT|invalid_request/);
});

it.each(paths)('%s: a revoked key is refused with 401', async (path) => {
  const other = await customer(app, '1');
  const { data } = await app.admin.ask(
    'mutation ($id: ID!) { revokeApiKey(id: $id) { __typename } }',
    { id: other.keyId },
  );
  expect(data.revokeApiKey.__typename).toBe('RevokeApiKeyPayload');
  const response = await post(path, JSON.stringify({ query: '{ platform { name } }' }), other.key);
  expect(response.status).toBe(401);
  expect(await response.text()).toMatch(/UNAUTHENTICATED|authentication/);
});

it('arguments out of their bounds are named all at once, in one event', async () => {
  const query = `subscription { completion(after: -1, graceMs: 60001, coalesceMs: 251, input: {
    model: "acme/writer", messages: [{ role: USER, content: "Hello" }]
  }) { sequence ... on CompletionFailed { error { ${failure} } } } }`;
  const events = [];
  for await (const event of acme.overEventStream(query)) events.push(event);
  const issues = [{ path: 'after' }, { path: 'graceMs' }, { path: 'coalesceMs' }];
  expect(events).toMatchObject([
    { sequence: 1, error: { __typename: 'InvalidInputError', path: ['after'], issues } },
  ]);
});

it.each([
  'completion(graceMs: -1, input: $input) { ...Told }',
  'compareCompletions(graceMs: -1, input: $input, models: ["acme/writer"]) { event { ...Told } }',
])('a person is told a refusal with who would have paid for what: %s', async (operation) => {
  const query = `subscription ($input: CompletionInput!) { ${operation} }
    fragment Told on CompletionEvent { ... on CompletionFailed {
      error { code } completion { requestedModel organization { id } } } }`;
  const messages = [{ role: 'USER', content: 'Hello' }];
  const input = { organizationId: acme.organizationId, model: 'acme/writer', messages };
  const events = [];
  for await (const each of app.admin.overEventStream(query, { input })) events.push(each);
  const told = {
    error: { code: 'INVALID_INPUT' },
    completion: { requestedModel: 'acme/writer', organization: { id: acme.organizationId } },
  };
  expect(events.map((each) => each.event ?? each)).toEqual([told]);
});

it.each([
  ['mine { createdAt }', 'This takes a MANAGEMENT key, or a person.'],
  [
    'mine { credits { balance } }',
    'This needs the permission CREDITS_READ in this organization: ' +
      'the role OWNER or ADMIN or BILLING, or a MANAGEMENT key.',
  ],
  [
    'organizations { totalCount }',
    'This is for platform administrators: sign in as one, or send ADMIN_KEY.',
  ],
])('who may not is told who may: %s', async (selection, message) => {
  const query = `{ ${selection.replace('mine', `organization(slug: "${acme.slug}")`)} }`;
  const { errors } = await acme.ask(query);
  expect(errors).toMatchObject([{ message, extensions: { code: 'FORBIDDEN' } }]);
});

it('every refusal carries the request id of its answer', async () => {
  const { errors, requestId } = await graphqlClient(app.url, 'sk-bourse-wrong').ask('{ viewer }');
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED', requestId });
  const malformed = await post('/graphql', '{"query": ');
  expect(await malformed.json()).toMatchObject({
    errors: [{ extensions: { requestId: malformed.headers.get('x-request-id') } }],
  });
});
