import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { parseMoney } from '#kernel';
import { serverDatabase } from '../harness/databases.ts';
import { type Data, type GraphqlClient, graphqlClient } from '../harness/graphql-client.ts';
import { testRedisUrl } from '../harness/servers.ts';
import {
  endMark,
  finishChunk,
  stubUpstream,
  textChunk,
  type UpstreamStub,
  usageChunk,
} from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let database: Awaited<ReturnType<typeof serverDatabase>>;
let nodes: WholeApp[] = [];
let upstream: UpstreamStub;
/** A customer at the node that runs its completions, and the same at the other node. */
let here: Customer;
let there: GraphqlClient;
/** Lets the provider say the rest. */
let goOn: () => void;

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
  await offer(first.admin, { model: 'acme/writer', provider: 'printer', baseUrl: upstream.url });
  here = await customer(first, '1000');
  there = await known(graphqlClient(second.url, here.key));
}, 180_000);
beforeEach(() => {
  const more = Promise.withResolvers<void>();
  goOn = () => more.resolve();
  upstream.answerWith(async (answer) => {
    await answer.sse(textChunk('One '), textChunk('two '));
    await more.promise;
    await answer.sse(textChunk('three.'), finishChunk(), usageChunk(5, 3), endMark);
    answer.end();
  });
});
afterAll(async () => {
  for (const node of nodes) expect(await node.audit()).toEqual([]);
  await Promise.all(nodes.map((node) => node.close()));
  await database?.drop();
  await upstream?.close();
}, 60_000);

/** A new key, and a new model, are known at another node within a second. */
async function known(client: GraphqlClient): Promise<GraphqlClient> {
  for (;;) {
    const { status, data } = await client.ask('{ model(slug: "acme/writer") { slug } }');
    if (status === 200 && data.model) return client;
  }
}

const events = `__typename completionId sequence firstSequence
  ... on CompletionStarted { endpoint { provider { slug } } }
  ... on TextDelta { text }
  ... on CompletionFinished { finishReason usage { charged } completion { id status text } }
  ... on CompletionFailed { error { code message } completion { status } }`;
const run = `subscription ($key: String, $detached: Boolean! = false) {
  completion(input: { model: "acme/writer", idempotencyKey: $key, messages: [
    { role: USER, content: "Count." }] }, detached: $detached, coalesceMs: 0) { ${events} } }`;
const resume = `subscription ($id: ID!, $after: Int! = 0) {
  resumeCompletion(id: $id, after: $after) { ${events} } }`;
const cancel = `mutation ($id: ID!) { cancelCompletion(id: $id) { __typename
  ... on CancelCompletionPayload { completion { status text usage { charged } } } } }`;

async function all(watching: AsyncIterable<Data>): Promise<Data[]> {
  const seen: Data[] = [];
  for await (const event of watching) seen.push(event);
  return seen;
}

/** Reads on, and resolves with the event that brought this text. */
function untilText(watching: AsyncIterable<Data>, text = 'two '): Promise<Data> {
  return new Promise((resolve, reject) => {
    const read = async () => {
      for await (const event of watching) if (event.text?.endsWith(text)) resolve(event);
    };
    read().catch(reject);
  });
}

/** Its charge counts from here on: the next test compares balances. */
const settled = (id: string) => here.ask(cancel, { id });

const joined = (seen: Data[]) => seen.map(({ text }) => text ?? '').join('');

it('STREAM 20: another node replays and follows, to the same last event', async () => {
  const own = all(here.overWebSocket(run));
  goOn();
  const whole = await own;
  const id = whole[0].completionId;
  const replayed = await all(there.overWebSocket(resume, { id }));
  expect(joined(replayed)).toBe('One two three.');
  expect(replayed[0]).toEqual(whole[0]);
  expect(replayed.at(-1)).toEqual(whole.at(-1));
  for (const { sequence } of whole) {
    const rest = await all(there.overWebSocket(resume, { id, after: sequence }));
    const before = whole.filter((event) => event.sequence <= sequence);
    expect(joined([...before, ...rest])).toBe('One two three.');
    if (rest.length > 0) expect(rest[0].firstSequence).toBe(sequence + 1);
  }
});

it('STREAM 21: a viewer at another node keeps it alive, and its leaving ends it', async () => {
  const asked = upstream.nextRequest();
  const watching = here.overWebSocket(run);
  const { completionId: id } = await untilText(watching);
  const elsewhere = there.overWebSocket(resume, { id });
  await untilText(elsewhere);
  watching.leave();
  const { data } = await here.ask('query ($id: ID!) { completion(id: $id) { status } }', { id });
  expect(data.completion.status).toBe('RUNNING');
  elsewhere.leave();
  await (await asked).aborted;
  await settled(id);
});

it('STREAM 8: joined at another node as a detached one, it needs no viewer', async () => {
  const key = crypto.randomUUID();
  const watching = here.overWebSocket(run, { key });
  const { completionId: id } = await untilText(watching);
  const { data: joined } = await there.ask(
    `mutation ($key: String!) { startCompletion(input: { model: "acme/writer",
      idempotencyKey: $key, messages: [{ role: USER, content: "Count." }] }) {
      ... on StartCompletionPayload { completion { id } } } }`,
    { key },
  );
  expect(joined.startCompletion.completion.id).toBe(id);
  watching.leave();
  const { data } = await here.ask('query ($id: ID!) { completion(id: $id) { status } }', { id });
  expect(data.completion.status).toBe('RUNNING');
  goOn();
  await settled(id);
});

it('cancelCompletion at another node ends it and returns the settled usage', async () => {
  const before = (await here.credits()).balance;
  const watching = here.overWebSocket(run);
  const seen: Data[] = [];
  let cancelled: Promise<Data> | undefined;
  for await (const event of watching) {
    seen.push(event);
    if (event.text?.endsWith('two ')) cancelled = there.ask(cancel, { id: event.completionId });
  }
  const { completion } = (await cancelled)?.data.cancelCompletion ?? {};
  expect(completion).toMatchObject({ status: 'CANCELLED', text: 'One two ' });
  expect(seen.at(-1)).toMatchObject({ finishReason: 'CANCELLED' });
  const charged = parseMoney(completion.usage.charged);
  expect(charged).toBeGreaterThan(0n);
  expect(before - (await here.credits()).balance).toBe(charged);
});

it('what runs at one node is read at the other, and is nobody else’s', async () => {
  const watching = here.overWebSocket(run);
  const { completionId: id } = await untilText(watching);
  const query = 'query ($id: ID!) { completion(id: $id) { status text } }';
  const { data } = await there.ask(query, { id });
  expect(data.completion).toEqual({ status: 'RUNNING', text: 'One two ' });
  const [first, second] = nodes as [WholeApp, WholeApp];
  const stranger = await known(graphqlClient(second.url, (await customer(first, '1')).key));
  expect((await stranger.ask(query, { id })).data.completion).toBeNull();
  expect((await stranger.ask(cancel, { id })).data.cancelCompletion.__typename).toBe(
    'NotFoundError',
  );
  const [refused] = await all(stranger.overWebSocket(resume, { id }));
  expect(refused).toMatchObject({ sequence: 1, error: { code: 'NOT_FOUND' } });
  watching.leave();
  await settled(id);
});

it('one key at both nodes at once is one completion and one charge', async () => {
  const before = (await here.credits()).balance;
  const called = upstream.requests.length;
  const key = crypto.randomUUID();
  const asking = [here, there, here, there].map((caller) =>
    all(caller.overWebSocket(run, { key })),
  );
  goOn();
  const streams = await Promise.all(asking);
  expect(new Set(streams.map((seen) => seen[0].completionId)).size).toBe(1);
  for (const seen of streams) {
    expect(joined(seen)).toBe('One two three.');
    expect(seen.at(-1)).toEqual(streams[0]?.at(-1));
  }
  expect(upstream.requests.length).toBe(called + 1);
  const charged = parseMoney(streams[0]?.at(-1).usage.charged);
  expect(before - (await here.credits()).balance).toBe(charged);
  const later = await all(there.overWebSocket(run, { key }));
  expect(joined(later)).toBe('One two three.');
});

it('vectors of one key are the same at both nodes, and made once', async () => {
  const key = crypto.randomUUID();
  const embed = `mutation ($key: String!) { embed(input: { model: "sandbox/embed",
    input: ["One", "Two"], idempotencyKey: $key }) { __typename
    ... on EmbedPayload { vectors completion { id } } } }`;
  const [first, second] = [await here.ask(embed, { key }), await there.ask(embed, { key })];
  expect(first.data.embed.vectors).toHaveLength(2);
  expect(second.data).toEqual(first.data);
});

it('another input under the key is a conflict at the other node too', async () => {
  const key = crypto.randomUUID();
  goOn();
  await all(here.overWebSocket(run, { key }));
  const { data } = await there.ask(
    `mutation ($key: String!) { complete(input: { model: "acme/writer", idempotencyKey: $key,
      messages: [{ role: USER, content: "Something else." }] }) { __typename } }`,
    { key },
  );
  expect(data.complete.__typename).toBe('ConflictError');
});

it('the completions of an organization are told at whichever node somebody watches', async () => {
  const running = here.overWebSocket(run);
  const { completionId: id } = await untilText(running);
  const feed = there.overWebSocket(
    `subscription ($organizationId: ID!) { completions(organizationId: $organizationId) {
      id status text usage { charged } } }`,
    { organizationId: here.organizationId },
  );
  const told: Data[] = [];
  for await (const event of feed) {
    if (event.id !== id) continue;
    told.push(event);
    if (event.status === 'RUNNING') goOn();
    else break;
  }
  feed.leave();
  running.leave();
  expect(told.map(({ status }) => status)).toEqual(['RUNNING', 'SUCCEEDED']);
  expect(Number(told.at(-1).usage.charged)).toBeGreaterThan(0);
  expect(told.at(-1).text).toBe('One two three.');
  const list = `query ($id: ID!) { node(id: $id) { ... on Organization {
    completions(first: 1) { nodes { id text } } } } }`;
  const { data } = await there.ask(list, { id: here.organizationId });
  expect(data.node.completions.nodes).toEqual([{ id, text: 'One two three.' }]);
});

it('a new key is known at every node when it is told', async () => {
  const [first, second] = nodes as [WholeApp, WholeApp];
  const create = `mutation ($organizationId: ID!) { createApiKey(input: {
    organizationId: $organizationId, name: "Another" }) {
      ... on CreateApiKeyPayload { apiKey { id } secret } } }`;
  const rotate = `mutation ($id: ID!) { rotateApiKey(id: $id) {
    ... on RotateApiKeyPayload { secret } } }`;
  const usedThere = async (secret: string) =>
    (await graphqlClient(second.url, secret).ask('{ viewer { __typename } }')).status;
  const statuses: number[] = [];
  for (let n = 0; n < 5; n++) {
    const { data } = await first.admin.ask(create, { organizationId: here.organizationId });
    statuses.push(await usedThere(data.createApiKey.secret));
    const { data: anew } = await first.admin.ask(rotate, { id: data.createApiKey.apiKey.id });
    statuses.push(await usedThere(anew.rotateApiKey.secret));
  }
  expect(statuses).toEqual(Array(10).fill(200));
});

it('the requests of a key are counted for both nodes, and each knows what is left', async () => {
  const [first, second] = nodes as [WholeApp, WholeApp];
  const { data: made } = await first.admin.ask(
    `mutation ($organizationId: ID!) { createApiKey(input: { organizationId: $organizationId,
      name: "Three a minute", requestsPerMinute: 3 }) {
      ... on CreateApiKeyPayload { secret } } }`,
    { organizationId: here.organizationId },
  );
  const { secret } = made.createApiKey;
  const clients = [graphqlClient(first.url, secret), graphqlClient(second.url, secret)];
  for (const client of clients) await known(client);
  goOn();
  const ask = `mutation { complete(input: { model: "acme/writer", messages: [
    { role: USER, content: "Count." }] }) { __typename ... on RateLimitedError { scope } } }`;
  const answers = await Promise.all([...clients, ...clients, ...clients].map((at) => at.ask(ask)));
  const types = answers.map(({ data }) => data.complete.__typename).sort();
  expect(types).toEqual([
    ...Array(3).fill('CompletePayload'),
    ...Array(3).fill('RateLimitedError'),
  ]);
  for (const client of clients) {
    const { data } = await client.ask('{ rateLimit { requests { limit remaining } } }');
    expect(data.rateLimit.requests).toEqual({ limit: 3, remaining: 0 });
  }
});
