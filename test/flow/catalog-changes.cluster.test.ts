import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serverDatabase } from '../harness/databases.ts';
import { type Data, graphqlClient } from '../harness/graphql-client.ts';
import { type LossyProxy, lossyProxy } from '../harness/lossy-proxy.ts';
import { testRedisUrl } from '../harness/servers.ts';
import { stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { customer, type WholeApp, wholeApp } from '../harness/whole-app.ts';
import { askInVain, changesOf, feed, watched } from './catalog-changes-suite.ts';

let database: Awaited<ReturnType<typeof serverDatabase>>;
let proxy: LossyProxy;
let upstream: UpstreamStub;
let here: WholeApp;
let there: WholeApp;

beforeAll(async () => {
  upstream = await stubUpstream();
  database = await serverDatabase();
  const redis = new URL(testRedisUrl);
  proxy = await lossyProxy({ host: redis.hostname, port: Number(redis.port) || 6379 });
  const settings = {
    DATABASE_URL: database.url,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  };
  here = await wholeApp({ settings: { ...settings, REDIS_URL: testRedisUrl } });
  redis.port = String(proxy.port);
  there = await wholeApp({ settings: { ...settings, REDIS_URL: redis.href } });
  await watched(here, upstream.url, '0.001');
}, 180_000);
afterAll(async () => {
  await Promise.all([here?.close(), there?.close()]);
  await proxy?.close();
  await database?.drop();
  await upstream?.close();
}, 60_000);

const next = async (changes: AsyncIterator<Data>): Promise<Data> => (await changes.next()).value;

it('what changes on one node is told on the other, also when its message was lost', {
  timeout: 120_000,
}, async () => {
  const elsewhere = graphqlClient(there.url);
  const filter = { models: ['acme/watched'] };
  const [newest] = await changesOf(graphqlClient(here.url), filter);
  const following = elsewhere.overWebSocket(feed, { after: newest.cursor, filter });
  const changes = following[Symbol.asyncIterator]();

  await watched(here, upstream.url, '0.002');
  expect((await next(changes)).newPricing).toEqual({ promptPerToken: '0.002' });

  proxy.freeze();
  await watched(here, upstream.url, '0.003');
  expect((await next(changes)).newPricing).toEqual({ promptPerToken: '0.003' });
  await proxy.heal();

  upstream.answerWith((reply) => reply.json(500, { error: { message: 'It broke.' } }));
  await askInVain(await customer(here, '10'), 5);
  expect(await next(changes)).toMatchObject({ previousStatus: 'UP', newStatus: 'DOWN' });
  following.leave();
});
