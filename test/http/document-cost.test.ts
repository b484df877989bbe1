import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, it } from 'vitest';
import WebSocket from 'ws';
import { pointsAMinute } from '../../src/http/graphql/points.ts';
import { key, type StandIn, serve, standIn } from '../harness/stand-in-rooms.ts';

let stand: StandIn;
let server: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  stand = standIn();
  server = await serve(stand);
});
afterAll(() => server.close());

const page = '{ models(first: 2) { nodes { slug } } }';

async function costOf(query: string, init: RequestInit = {}) {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    body: JSON.stringify({ query }),
    ...init,
    headers: { 'Content-Type': 'application/json', ...init.headers },
  });
  const body = (await response.json()) as { extensions: { cost: Record<string, unknown> } };
  return { cost: body.extensions.cost, headers: response.headers };
}

it('an answer over HTTP says what its document cost and what is left, a kept one too', async () => {
  const first = (await costOf(page)).cost;
  const again = (await costOf(page)).cost;
  expect(first).toEqual({
    requested: expect.any(Number),
    limit: pointsAMinute.anonymous,
    remaining: expect.any(Number),
    resetAt: expect.any(String),
  });
  expect(first['requested']).toBeGreaterThan(0);
  expect(again['requested']).toBe(first['requested']);
  expect(again['remaining']).toBe(Number(first['remaining']) - Number(first['requested']));
});

it('a document costs by its variables where they have a say, and the same where not', async () => {
  const asked = (query: string) => async (variables: object) => {
    const { cost } = await costOf(query, { body: JSON.stringify({ query, variables }) });
    return cost['requested'];
  };
  const pageOf = asked('query Page($first: Int) { models(first: $first) { nodes { slug } } }');
  const [short, long, shortAgain] = [
    await pageOf({ first: 2 }),
    await pageOf({ first: 9 }),
    await pageOf({ first: 2 }),
  ];
  expect(long).toBeGreaterThan(Number(short));
  expect(shortAgain).toBe(short);
  const found = asked(
    'query Found($text: String) { models(first: 2, search: $text) { nodes { slug } } }',
  );
  expect(await found({ text: 'one' })).toBe(short);
  const modelOf = asked('query Model($slug: String!) { model(slug: $slug) { slug } }');
  const one = await modelOf({ slug: 'acme/one' });
  expect(one).toBeGreaterThan(0);
  expect(await modelOf({ slug: 'acme/two' })).toBe(one);
});

it('the one answer of a query over SSE says it too; events of a feed do not', async () => {
  const next = async (query: string) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      body: JSON.stringify({ query }),
      headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' },
    });
    for await (const bytes of response.body ?? []) {
      const data = /^data: (\{.*)$/m.exec(Buffer.from(bytes).toString())?.[1];
      if (data) return JSON.parse(data);
    }
  };
  const { data, extensions } = await next(page);
  expect(data.models.nodes).toHaveLength(2);
  expect(extensions.cost.requested).toBe((await costOf(page)).cost['requested']);
  const feed = await next('subscription { providerMetrics { at } }');
  expect(feed.data).toBeDefined();
  expect(feed).not.toHaveProperty('extensions');
});

it('a public answer by GET is the same for all: what is left stands in its headers', async () => {
  const get = async () => {
    const address = `${server.url}/graphql?query=${encodeURIComponent(page)}`;
    const response = await fetch(address, { headers: { Accept: 'application/json' } });
    return { text: await response.text(), headers: response.headers };
  };
  const [one, other] = [await get(), await get()];
  expect(other.text).toBe(one.text);
  const { requested, ...rest } = JSON.parse(one.text).extensions.cost;
  expect(rest).toEqual({ limit: pointsAMinute.anonymous });
  const left = ({ headers }: { headers: Headers }) => Number(headers.get('ratelimit-remaining'));
  expect(left(one) - left(other)).toBe(requested);
  expect(one.headers.get('ratelimit-limit')).toBe(String(pointsAMinute.anonymous));
  expect(Number(one.headers.get('ratelimit-reset'))).toBeLessThanOrEqual(61);
  const exposed = one.headers.get('access-control-expose-headers');
  for (const name of ['Limit', 'Remaining', 'Reset'])
    expect(exposed).toContain(` RateLimit-${name}`);
});

it('rateLimit tells the allowance of whoever asks', async () => {
  const query = '{ rateLimit { limit remaining resetAt requests { limit } operations { limit } } }';
  const { data } = await server.ask(query);
  expect(data.rateLimit).toMatchObject({
    limit: pointsAMinute.authenticated,
    requests: null,
    operations: null,
  });
  const public_ = await server.ask(query, { credential: null });
  expect(public_.data.rateLimit.limit).toBe(pointsAMinute.anonymous);
  expect(data.rateLimit.remaining).toBeLessThan(pointsAMinute.authenticated);
});

it('on a socket it tells the operations that may still be started', async () => {
  const client = createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: key },
  });
  const query = '{ rateLimit { operations { limit remaining } } }';
  for await (const { data, extensions } of client.iterate({ query })) {
    expect(data?.['rateLimit']).toEqual({ operations: { limit: 100, remaining: 99 } });
    expect(extensions).toBeUndefined();
  }
  await client.dispose();
});

it('who has spent its points is refused, with when to come back, and others are not', async () => {
  const left = pointsAMinute.authenticated;
  stand.rooms.limits.take(`points key_${'0'.repeat(26)}`, left, left - 1_000);
  let refused = await server.ask(page);
  while (!refused.errors) refused = await server.ask(page);
  expect(refused.errors[0]?.extensions).toMatchObject({
    code: 'RATE_LIMITED',
    limit: left,
    retryAfterMs: expect.any(Number),
  });
  expect((await server.ask(page, { credential: null })).errors).toBeUndefined();
  await stand.clock.advance(61_000);
  expect((await server.ask(page)).errors).toBeUndefined();
});

it('the empty name of an operation is none: it costs what it costs, compiled or not', async () => {
  const query = 'query ($first: Int) { models(first: $first) { nodes { slug } } }';
  const cost = async (named: { operationName?: string }) =>
    (await costOf(query, { body: JSON.stringify({ query, variables: { first: 2 }, ...named }) }))
      .cost['requested'];
  const requested = await cost({});
  for (let use = 0; use < 3; use++) expect(await cost({ operationName: '' })).toBe(requested);
});
