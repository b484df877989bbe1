import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshFolder, serverDatabase } from '../harness/databases.ts';
import { graphqlClient } from '../harness/graphql-client.ts';
import { type ServerProcess, startServer } from '../harness/server-process.ts';
import { testRedisUrl } from '../harness/servers.ts';
import { adminKey, demoKey, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let database: Awaited<ReturnType<typeof serverDatabase>>;
let folder: string;
let here: WholeApp;
let there: ServerProcess;

beforeAll(async () => {
  database = await serverDatabase();
  folder = await freshFolder();
  const settings = {
    DATABASE_URL: database.url,
    REDIS_URL: testRedisUrl,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  };
  here = await wholeApp({ settings });
  const own = { DATA_DIR: folder, ADMIN_KEY: adminKey, DEMO_KEY: demoKey };
  there = await startServer({ ...settings, ...own });
}, 180_000);
afterAll(async () => {
  await there?.end('SIGKILL');
  await here?.close();
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

const answer = (node: { url: string }) =>
  graphqlClient(node.url, demoKey).ask(`mutation { complete(input: { model: "sandbox/echo",
    maxTokens: 5, messages: [{ role: USER, content: "one two" }] }) { __typename } }`);

const feed = `subscription { providerMetrics(filter: { models: ["sandbox/echo"] },
  interval: QUARTER_SECOND) { models { metrics { requests } } } }`;

it('what happens on one node is in the feed of another, and a death takes nothing back', {
  timeout: 120_000,
}, async () => {
  const following = graphqlClient(here.url).overWebSocket(feed)[Symbol.asyncIterator]();
  const requests = async (): Promise<number | null> => {
    const { models } = (await following.next()).value;
    return models[0]?.metrics.requests ?? null;
  };
  expect(await requests()).toBeNull();
  await answer(there);
  expect(await requests()).toBe(1);
  await there.end('SIGKILL');
  await answer(here);
  expect(await requests()).toBe(2);
  await following.return?.();
});
