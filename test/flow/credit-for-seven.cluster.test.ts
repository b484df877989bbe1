import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serverDatabase } from '../harness/databases.ts';
import { graphqlClient } from '../harness/graphql-client.ts';
import { testRedisUrl } from '../harness/servers.ts';
import { stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { customer, type WholeApp, wholeApp } from '../harness/whole-app.ts';
import { allAtOnce, expectSpent, offerOfOneDollar } from './credit-suite.ts';

let database: Awaited<ReturnType<typeof serverDatabase>>;
let nodes: WholeApp[] = [];
let upstream: UpstreamStub;

beforeAll(async () => {
  upstream = await stubUpstream();
  database = await serverDatabase();
  const settings = {
    DATABASE_URL: database.url,
    REDIS_URL: testRedisUrl,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    PLATFORM_FEE_RATE: '0',
  };
  nodes = [await wholeApp({ settings }), await wholeApp({ settings })];
  await offerOfOneDollar(first(), upstream);
}, 120_000);
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.close()));
  await database?.drop();
  await upstream?.close();
}, 60_000);

const first = () => nodes[0] as WholeApp;

it('of 500 at once over two nodes on credit for 7, at most 7 are admitted', {
  timeout: 180_000,
}, async () => {
  const acme = await customer(first(), '7');
  const clients = nodes.map(({ url }) => graphqlClient(url, acme.key));
  const { answered, refused } = await allAtOnce(500, clients, upstream);
  expect(answered + refused).toBe(500);
  expect(answered).toBe(upstream.requests.length);
  expect(answered).toBeGreaterThan(0);
  expect(answered).toBeLessThanOrEqual(7);
  await expectSpent(acme, answered, '7');
  expect(await first().audit()).toEqual([]);
});

it('§22 a key revoked on one node is refused by the other', { timeout: 60_000 }, async () => {
  const [here, there] = nodes as [WholeApp, WholeApp];
  const acme = await customer(here, '1');
  const elsewhere = graphqlClient(there.url, acme.key);
  const statusThere = async () => (await elsewhere.ask('{ viewer { __typename } }')).status;
  let status = await statusThere();
  while (status === 401) status = await statusThere(); // a new key is known there within a second
  expect(status).toBe(200);
  await here.admin.ask('mutation ($id: ID!) { revokeApiKey(id: $id) { __typename } }', {
    id: acme.keyId,
  });
  while (status === 200) status = await statusThere();
  expect(status).toBe(401);
});
