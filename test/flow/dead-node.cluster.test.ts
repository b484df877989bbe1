import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseMoney } from '#kernel';
import { freshFolder, serverDatabase } from '../harness/databases.ts';
import { type Data, graphqlClient } from '../harness/graphql-client.ts';
import { type ServerProcess, startServer } from '../harness/server-process.ts';
import { testRedisUrl } from '../harness/servers.ts';
import { saying, stubUpstream, textChunk, type UpstreamStub } from '../harness/upstream-stub.ts';
import {
  adminKey,
  type Customer,
  customer,
  demoKey,
  offer,
  type WholeApp,
  wholeApp,
} from '../harness/whole-app.ts';

let database: Awaited<ReturnType<typeof serverDatabase>>;
let folder: string;
let dying: ServerProcess;
let living: WholeApp;
let acme: Customer;
let upstream: UpstreamStub;

beforeAll(async () => {
  upstream = await stubUpstream();
  database = await serverDatabase();
  folder = await freshFolder();
  const settings = {
    DATABASE_URL: database.url,
    REDIS_URL: testRedisUrl,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  };
  living = await wholeApp({ settings });
  dying = await startServer({
    ...settings,
    DATA_DIR: folder,
    ADMIN_KEY: adminKey,
    DEMO_KEY: demoKey,
  });
  await offer(living.admin, { model: 'acme/writer', provider: 'printer', baseUrl: upstream.url });
  acme = await customer(living, '1000');
}, 240_000);
afterAll(async () => {
  await dying?.end('SIGKILL');
  await living?.close();
  await database?.drop();
  await upstream?.close();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

const events = `__typename completionId sequence firstSequence ... on TextDelta { text }
  ... on CompletionFailed { error { code retryable } usage { charged } completion { status } }
  ... on CompletionFinished { usage { charged } }`;
const run = `subscription ($key: String!) { completion(coalesceMs: 0, input: {
  model: "acme/writer", idempotencyKey: $key, messages: [{ role: USER, content: "Go." }]
}) { ${events} } }`;
const feed = `subscription ($organizationId: ID!) {
  completions(organizationId: $organizationId) { id status finishedAt error { code } } }`;
const resume = `subscription ($id: ID!, $after: Int!) {
  resumeCompletion(id: $id, after: $after) { ${events} } }`;

it('STREAM 23: when a node dies its viewers are told, and the key begins anew', {
  timeout: 240_000,
}, async () => {
  const before = (await acme.credits()).balance;
  upstream.answerWith((answer) => answer.sse(textChunk('Half ')));
  const there = graphqlClient(dying.url, acme.key);
  const knowsTheKey = async () =>
    (await there.ask('{ model(slug: "acme/writer") { slug } }')).data?.model;
  while (!(await knowsTheKey())) {
    // A new key, and a new model, are known at another node within a second.
  }
  const { organizationId } = acme;
  const list = untilFailed(acme.overWebSocket(feed, { organizationId }));
  const key = crypto.randomUUID();
  const watching = there.overWebSocket(run, { key });
  let rest: Promise<Data[]> | undefined;
  let seen = 0;
  try {
    for await (const { completionId: id, sequence, text } of watching) {
      if (!text) continue;
      seen = sequence;
      const elsewhere = acme.overWebSocket(resume, { id, after: sequence - 1 });
      rest = collected(elsewhere, () => void dying.end('SIGKILL'));
    }
  } catch {
    // Its own viewer lost the connection.
  }
  const told = (await rest) as Data[];
  expect(told[0]).toMatchObject({ text: 'Half ' });
  expect(told.at(-1)).toMatchObject({
    __typename: 'CompletionFailed',
    firstSequence: seen + 1,
    sequence: seen + 1,
    error: { code: 'INTERNAL', retryable: true },
    usage: { charged: '0' },
    completion: { status: 'FAILED' },
  });
  expect(await list).toEqual({
    id: told[0].completionId,
    status: 'FAILED',
    finishedAt: expect.any(String),
    error: { code: 'INTERNAL' },
  });
  upstream.answerWith(saying('Whole'));
  const again = await collected(acme.overWebSocket(run, { key }));
  expect(again.map(({ text }) => text ?? '').join('')).toBe('Whole');
  expect(again[0].completionId).not.toBe(told[0].completionId);
  const charged = parseMoney(again.at(-1).usage.charged);
  expect(before - (await acme.credits()).balance).toBe(charged);
  expect(await living.audit()).toEqual([]);
});

async function untilFailed(watching: AsyncIterable<Data>): Promise<Data> {
  for await (const event of watching) if (event.status === 'FAILED') return event;
}

async function collected(watching: AsyncIterable<Data>, began?: () => void): Promise<Data[]> {
  const seen: Data[] = [];
  for await (const event of watching) {
    seen.push(event);
    if (seen.length === 1) began?.();
  }
  return seen;
}
