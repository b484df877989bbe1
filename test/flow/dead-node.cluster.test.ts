import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createClient } from 'redis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseMoney } from '#kernel';
import { freshFolder, serverDatabase } from '../harness/databases.ts';
import { type Data, type GraphqlClient, graphqlClient } from '../harness/graphql-client.ts';
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
/** It is stopped as a deployment does. */
let leaving: WholeApp;
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
  leaving = await wholeApp({ settings });
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
const bareRun = `subscription { completion(input: {
  model: "acme/writer", messages: [{ role: USER, content: "Go." }] }) { ${events} } }`;
const feed = `subscription ($organizationId: ID!) {
  completions(organizationId: $organizationId) { id status finishedAt error { code } } }`;
const resume = `subscription ($id: ID!, $after: Int!) {
  resumeCompletion(id: $id, after: $after) { ${events} } }`;

const read = `query ($id: ID!) { completion(id: $id) { status text usage { charged } } }`;
const ofKey = `mutation ($key: String!) { complete(input: { model: "acme/writer",
  idempotencyKey: $key, messages: [{ role: USER, content: "Go." }] }) { __typename
  ... on CompletePayload { replayed completion { id text usage { charged } } } } }`;

/** A caller at another node, once its key and the model are known there. */
async function callerAt(url: string): Promise<GraphqlClient> {
  const client = graphqlClient(url, acme.key);
  while (!(await client.ask('{ model(slug: "acme/writer") { slug } }')).data?.model);
  return client;
}

/** Waits until what was said of it is where other nodes find it. */
async function copied(id: string): Promise<void> {
  const redis = await createClient({ url: testRedisUrl }).connect();
  while ((await redis.keys(`*:said:${id}`)).length === 0);
  redis.destroy();
}

const textOf = (seen: Data[]) => seen.map(({ text }) => text ?? '').join('');

it('STREAM 25: what ended at a node that was stopped is whole at another', async () => {
  upstream.answerWith(saying('Whole answer'));
  const key = crypto.randomUUID();
  const there = await callerAt(leaving.url);
  const whole = await collected(there.overWebSocket(run, { key }));
  const id = whole[0].completionId;
  await leaving.close();
  const replayed = await collected(acme.overWebSocket(resume, { id, after: 0 }));
  expect(textOf(replayed)).toBe('Whole answer');
  expect(replayed.at(-1)).toEqual(whole.at(-1));
  const rest = await collected(acme.overWebSocket(resume, { id, after: 2 }));
  expect(rest[0]).toMatchObject({ firstSequence: 3 });
  const { charged } = whole.at(-1).usage;
  const { data } = await acme.ask(read, { id });
  expect(data.completion).toEqual({
    status: 'SUCCEEDED',
    text: 'Whole answer',
    usage: { charged },
  });
  const again = await acme.ask(ofKey, { key });
  const completion = { id, text: 'Whole answer', usage: { charged } };
  expect(again.data.complete).toMatchObject({ replayed: false, completion });
  expect(await collected(acme.overWebSocket(run, { key }))).toEqual(replayed);
});

it('STREAM 23, 25, 27: when a node dies its viewers are told, and the key begins anew', {
  timeout: 240_000,
}, async () => {
  const before = (await acme.credits()).balance;
  upstream.answerWith((answer) => answer.sse(textChunk('Half ')));
  const there = await callerAt(dying.url);
  const { organizationId } = acme;
  const bare = (await firstText(there.overWebSocket(bareRun))).completionId;
  const list = failedBeside(bare, acme.overWebSocket(feed, { organizationId }));
  const key = crypto.randomUUID();
  const watching = there.overWebSocket(run, { key });
  let rest: Promise<Data[]> | undefined;
  let seen = 0;
  let id = '';
  try {
    for await (const event of watching) {
      if (!event.text) continue;
      seen = event.sequence;
      id = event.completionId;
      await copied(id);
      const elsewhere = acme.overWebSocket(resume, { id, after: seen - 1 });
      rest = collected(elsewhere, () => void dying.end('SIGKILL'));
    }
  } catch {
    // Its own viewer lost the connection.
  }
  // Nobody has left it a copy: until the session has ended nobody can tell.
  const { errors } = await acme.ask(read, { id: bare });
  expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);
  const [unknown] = await collected(acme.overWebSocket(resume, { id: bare, after: 2 }));
  expect(unknown).toMatchObject({ error: { code: 'UNAVAILABLE', retryable: true } });
  const late = await collected(acme.overWebSocket(resume, { id, after: 0 }));
  expect(late[0]).toMatchObject({ __typename: 'CompletionStarted', sequence: 1 });
  const told = (await rest) as Data[];
  for (const viewer of [late, told]) {
    expect(textOf(viewer)).toBe('Half ');
    expect(viewer.at(-1)).toMatchObject({
      __typename: 'CompletionFailed',
      firstSequence: seen + 1,
      sequence: seen + 1,
      error: { code: 'INTERNAL', retryable: true },
      usage: { charged: '0' },
      completion: { status: 'FAILED' },
    });
  }
  expect(await collected(acme.overWebSocket(resume, { id: bare, after: 2 }))).toMatchObject([
    { firstSequence: 3, error: { code: 'INTERNAL' }, usage: { charged: '0' } },
  ]);
  const stranger = await customer(living, '1');
  expect(await collected(stranger.overWebSocket(resume, { id: bare, after: 2 }))).toMatchObject([
    { firstSequence: 1, error: { code: 'NOT_FOUND' } },
  ]);
  const { data } = await acme.ask(read, { id });
  expect(data.completion).toEqual({ status: 'FAILED', text: 'Half ', usage: { charged: '0' } });
  expect(await list).toEqual({
    id,
    status: 'FAILED',
    finishedAt: expect.any(String),
    error: { code: 'INTERNAL' },
  });
  upstream.answerWith(saying('Whole'));
  const again = await collected(acme.overWebSocket(run, { key }));
  expect(textOf(again)).toBe('Whole');
  expect(again[0].completionId).not.toBe(id);
  const charged = parseMoney(again.at(-1).usage.charged);
  expect(before - (await acme.credits()).balance).toBe(charged);
  expect(await living.audit()).toEqual([]);
});

/** Goes on to run: it is left when its node dies. */
async function firstText(watching: AsyncIterable<Data>): Promise<Data> {
  const first = Promise.withResolvers<Data>();
  const follow = async () => {
    for await (const event of watching) if (event.text) first.resolve(event);
  };
  follow().catch(first.reject);
  return first.promise;
}

async function failedBeside(other: string, watching: AsyncIterable<Data>): Promise<Data> {
  for await (const event of watching) {
    if (event.status === 'FAILED' && event.id !== other) return event;
  }
}

async function collected(watching: AsyncIterable<Data>, began?: () => void): Promise<Data[]> {
  const seen: Data[] = [];
  for await (const event of watching) {
    seen.push(event);
    if (seen.length === 1) began?.();
  }
  return seen;
}
