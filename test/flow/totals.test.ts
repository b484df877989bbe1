import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseMoney } from '#kernel';
import { stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let app: WholeApp;
let upstream: UpstreamStub;

beforeAll(async () => {
  upstream = await stubUpstream();
  app = await wholeApp();
  await offer(app.admin, { model: 'acme/total', provider: 'total', baseUrl: upstream.url });
}, 120_000);
afterAll(async () => {
  await app?.close();
  await upstream?.close();
});

const total = (amounts: readonly string[]) =>
  amounts.reduce((sum, amount) => sum + parseMoney(amount), 0n);

it('what metrics, rankings and the ledger say of the same traffic is the same', async () => {
  const customers = [await customer(app, '100'), await customer(app, '100')];
  await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      customers[index % 2]?.ask(`mutation { complete(input: { model: "acme/total", maxTokens: 5,
        messages: [{ role: USER, content: "How much?" }] }) { __typename } }`),
    ),
  );
  const spent = await Promise.all(
    customers.map(async (one) => parseMoney('100') - (await one.credits()).balance),
  );
  const { data } = await app.admin.ask(`{
    spend: rankings(by: SPEND, window: ONE_HOUR) { model { slug } value share }
    tokens: rankings(by: TOKENS, window: ONE_DAY) { value }
    requests: leaderboard(subject: PROVIDER, by: REQUESTS, window: ONE_WEEK) { slug value }
    model(slug: "acme/total") { endpoints { metrics(window: ONE_HOUR) {
      requests failures promptTokens completionTokens } } } }`);
  expect(data.spend).toMatchObject([{ model: { slug: 'acme/total' }, share: 1 }]);
  expect(total([data.spend[0].value])).toBe(spent.reduce((sum, one) => sum + one, 0n));
  const { requests, failures, promptTokens, completionTokens } = data.model.endpoints[0].metrics;
  expect({ requests, failures }).toEqual({ requests: 40, failures: 0 });
  expect(Number(data.tokens[0].value)).toBe(promptTokens + completionTokens);
  expect(data.requests).toMatchObject([{ slug: 'total', value: '40' }]);
  expect(await app.audit()).toEqual([]);
});

it('a provider and a model that lose an endpoint are told of again, without it', async () => {
  const spender = await customer(app, '10');
  for (const model of ['acme/lost', 'acme/last']) {
    await offer(app.admin, { model, provider: 'losing', baseUrl: upstream.url });
    await spender.ask(`mutation { complete(input: { model: "${model}", maxTokens: 5,
      messages: [{ role: USER, content: "How much?" }] }) { __typename } }`);
  }
  const feed = app.admin.overWebSocket(`subscription { providerMetrics(
    filter: { providers: ["losing"] }, interval: QUARTER_SECOND) {
      removedEndpointIds endpoints { endpoint { id model { slug } } }
      providers { provider { slug } status metrics { requests } }
      models { model { slug } metrics { requests } } } }`);
  const updates = feed[Symbol.asyncIterator]();
  const next = async () => (await updates.next()).value;
  const first = await next();
  const told = (status: string, requests: number | null) => [
    { provider: { slug: 'losing' }, status, metrics: { requests } },
  ];
  expect(first.providers).toEqual(told('UP', 2));
  for (const [model, providers] of [
    ['acme/lost', told('UP', 1)],
    ['acme/last', told('DISABLED', null)],
  ]) {
    const of = (one: { endpoint: { model: { slug: string } } }) =>
      one.endpoint.model.slug === model;
    const { id } = first.endpoints.find(of).endpoint;
    await app.admin.ask('mutation ($id: ID!) { removeEndpoint(id: $id) { __typename } }', { id });
    expect(await next()).toEqual({
      removedEndpointIds: [id],
      endpoints: [],
      providers,
      models: [{ model: { slug: model }, metrics: { requests: null } }],
    });
  }
  feed.leave();
});

it('who loses an endpoint keeps its place in the rankings', async () => {
  await offer(app.admin, { model: 'acme/moved', provider: 'former', baseUrl: upstream.url });
  for (const spender of [await customer(app, '10'), await customer(app, '10')]) {
    await spender.ask(`mutation { complete(input: { model: "acme/moved", maxTokens: 5,
      messages: [{ role: USER, content: "How much?" }] }) { __typename } }`);
  }
  const ranked = async () => {
    const { data } = await app.admin.ask(`{
      models: rankings(by: SPEND, window: ONE_WEEK) { rank value share model { slug } }
      providers: leaderboard(subject: PROVIDER, window: ONE_HOUR) { rank slug value }
      authors: leaderboard(subject: AUTHOR, window: ONE_HOUR) { rank slug value } }`);
    return data;
  };
  const before = await ranked();
  expect(before.models).toContainEqual(expect.objectContaining({ model: { slug: 'acme/moved' } }));
  const { data } = await app.admin.ask('{ model(slug: "acme/moved") { endpoints { id } } }');
  const [{ id }] = data.model.endpoints;
  await app.admin.ask('mutation ($id: ID!) { removeEndpoint(id: $id) { __typename } }', { id });
  expect(await ranked()).toEqual(before);
});

const sinceEver = `query ($since: DateTime!, $id: ID!) { node(id: $id) { ... on Organization {
  completions(filter: { since: $since }) { totalCount }
  usage(since: $since, filter: { statuses: [SUCCEEDED] }) { total { requests } }
  auditLog(filter: { since: $since }) { totalCount }
  credits { ledger(filter: { since: $since, kinds: [USAGE] }) { totalCount } } } } }`;

it.each(['1970-01-01T00:00:00Z', '1970-01-01T00:00:00+14:00', '0001-01-01T00:00:00Z'])(
  'all since %s is what there is',
  async (since) => {
    const spender = await customer(app, '10');
    await spender.ask(`mutation { complete(input: { model: "acme/total", maxTokens: 5,
    messages: [{ role: USER, content: "How much?" }] }) { __typename } }`);
    const { data } = await app.admin.ask(sinceEver, { since, id: spender.organizationId });
    expect(data.node).toMatchObject({
      completions: { totalCount: 1 },
      usage: { total: { requests: 1 } },
      credits: { ledger: { totalCount: 1 } },
    });
    expect(data.node.auditLog.totalCount).toBeGreaterThan(0);
  },
);

it.each(['0000-06-01T00:00:00Z', '0001-01-01T00:00:00+01:00', '9999-12-31T23:59:59-01:00'])(
  'the time %s is in no year that there is, and is refused by that name',
  async (since) => {
    const { errors } = await app.admin.ask(sinceEver, { since, id: 'org_any' });
    expect(errors?.[0]?.message).toMatch(/cannot represent the year \d+: it is 1 to 9999 in UTC/);
    expect(errors?.[0]?.extensions['code']).toBe('INVALID_INPUT');
  },
);
