import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serverDatabase } from '../harness/databases.ts';
import { testRedisUrl } from '../harness/servers.ts';
import { stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import {
  type Customer,
  customer,
  customerAt,
  offer,
  type WholeApp,
  wholeApp,
} from '../harness/whole-app.ts';

let database: Awaited<ReturnType<typeof serverDatabase>>;
let nodes: WholeApp[] = [];
let upstream: UpstreamStub;
let here: Customer;
let there: Customer;

const models = ['acme/down', 'acme/troubled', 'acme/limited'];

beforeAll(async () => {
  upstream = await stubUpstream();
  database = await serverDatabase();
  const settings = {
    DATABASE_URL: database.url,
    REDIS_URL: testRedisUrl,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  };
  nodes = [await wholeApp({ settings }), await wholeApp({ settings })];
  const [first, second] = nodes as [WholeApp, WholeApp];
  for (const model of models) {
    await offer(first.admin, { model, provider: 'failing', baseUrl: upstream.url });
  }
  here = await customer(first, '100');
  there = customerAt(second, here);
}, 120_000);
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.close()));
  await database?.drop();
  await upstream?.close();
}, 60_000);

const ask = (model: string) =>
  here.ask(
    `mutation ($model: String!) { complete(input: { model: $model, maxTokens: 5
      messages: [{ role: USER, content: "Hello?" }] }) { __typename } }`,
    { model },
  );

/** As the other node has it, as soon as it is no more what it was. */
async function statusThere(model: string, was: string) {
  for (;;) {
    const { data } = await there.ask(
      'query ($model: String!) { model(slug: $model) { endpoints { status statusReason } } }',
      { model },
    );
    const endpoint = data?.model?.endpoints[0];
    if (endpoint && endpoint.status !== was) return endpoint;
  }
}

it.each([
  ['acme/troubled', 1, 'DEGRADED', 500, {}],
  ['acme/limited', 1, 'DEGRADED', 429, { 'retry-after': '30' }],
  ['acme/down', 5, 'DOWN', 500, {}],
] as const)(
  'what befell %s on one node is its status on the other',
  async (model, times, status, code, headers) => {
    upstream.answerWith((answer) => answer.json(code, { error: { message: 'No.' } }, headers));
    for (let time = 0; time < times; time++) await ask(model);
    let found = await statusThere(model, 'UP');
    // On the way down it was in trouble first.
    if (found.status !== status) found = await statusThere(model, found.status);
    expect(found.status).toBe(status);
    expect(found.statusReason).not.toBeNull();
  },
  30_000,
);

it('what is out on one node is not tried by the other', async () => {
  const { data } = await there.ask(
    '{ routePlan(input: { model: "acme/down" }) { candidates { order } rejected { code } } }',
  );
  expect(data.routePlan).toEqual({ candidates: [], rejected: [{ code: 'TRIPPED' }] });
});
