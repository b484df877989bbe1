import { rm } from 'node:fs/promises';
import { createClient } from 'graphql-ws';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import WebSocket from 'ws';
import { parseMoney } from '#kernel';
import { type Data, graphqlClient } from '../harness/graphql-client.ts';
import { failedStart, type ServerProcess, startServer } from '../harness/server-process.ts';
import {
  endMark,
  finishChunk,
  stubUpstream,
  textChunk,
  type UpstreamStub,
  usageChunk,
} from '../harness/upstream-stub.ts';
import { adminKey, customer, demoKey, offer, startedDirectory } from '../harness/whole-app.ts';

let dataDir: string;
let upstream: UpstreamStub;
let server: ServerProcess;

const settings = () => ({
  DATA_DIR: dataDir,
  ADMIN_KEY: adminKey,
  DEMO_KEY: demoKey,
  SHUTDOWN_GRACE_MS: '20000',
});
const demo = () => graphqlClient(server.url, demoKey);
const admin = () => graphqlClient(server.url, adminKey);
/** Each start takes a second on a quiet machine, and a minute on a busy one. */
const timeout = 300_000;

beforeAll(async () => {
  upstream = await stubUpstream();
  dataDir = await startedDirectory();
  server = await startServer(settings());
  await offer(admin(), { model: 'acme/writer', provider: 'printer', baseUrl: upstream.url });
}, timeout);
afterEach(async () => {
  const { data } = await demo().ask('{ platform { name } }');
  expect(data.platform.name).toBe('Bourse');
});
afterAll(async () => {
  await server?.end('SIGKILL');
  await upstream?.close();
  await rm(dataDir, { recursive: true, force: true });
}, timeout);

const completion = 'id status usage { charged } attempts { outcome }';
const input = `input: {
  model: "acme/writer", maxTokens: 50, messages: [{ role: USER, content: "Go." }] }`;

async function complete(): Promise<Data> {
  const { data } = await demo().ask(
    `mutation { complete(${input}) { ... on CompletePayload { completion { ${completion} } } } }`,
  );
  return data.complete.completion;
}

async function credits(): Promise<{ balance: bigint; held: string }> {
  const { data } = await admin().ask('{ organization(slug: "demo") { credits { balance held } } }');
  const { balance, held } = data.organization.credits;
  return { balance: parseMoney(balance), held };
}

it('a kill at once after the answer loses neither the charge nor the completion', {
  timeout,
}, async () => {
  const before = await credits();
  const answers = await Promise.all(Array.from({ length: 20 }, complete));
  expect(await server.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
  server = await startServer(settings());
  expect(server.notice).not.toContain('key');
  const charged = answers.reduce((sum, { usage }) => sum + parseMoney(usage.charged), 0n);
  expect(charged).toBeGreaterThan(0n);
  const after = await credits();
  expect(before.balance - after.balance).toBe(charged);
  expect(after.held).toBe('0');
  const resume = `subscription ($id: ID!) { resumeCompletion(id: $id) {
    ... on CompletionFailed { error { code } usage { charged } completion { ${completion} } } } }`;
  for (const answer of answers.slice(0, 3)) {
    const { id, usage } = answer;
    const query = `query ($id: ID!) { completion(id: $id) { ${completion} } }`;
    expect((await demo().ask(query, { id })).data.completion).toEqual(answer);
    const events: Data[] = [];
    for await (const event of demo().overEventStream(resume, { id })) events.push(event);
    expect(events).toEqual([{ error: { code: 'RESUME_EXPIRED' }, usage, completion: answer }]);
  }
});

it('STREAM 27: what ran without a key when it died has failed and is free, at every door', {
  timeout,
}, async () => {
  const stranger = await customer({ url: server.url, admin: admin() }, '1');
  const before = await credits();
  upstream.answerWith((answer) => answer.sse(textChunk('Half ')));
  const run = `subscription { completion(${input}) { __typename completionId sequence } }`;
  let seen: Data;
  try {
    for await (const event of demo().overEventStream(run)) {
      seen = event;
      if (event.__typename === 'TextDelta') void server.end('SIGKILL');
    }
  } catch {
    // It lost the connection.
  }
  await server.end('SIGKILL');
  server = await startServer(settings());
  const { completionId: id, sequence } = seen;
  const doors = async (credential: string) => {
    const caller = graphqlClient(server.url, credential);
    const events: Data[] = [];
    const resume = `subscription ($id: ID!, $after: Int!) {
      resumeCompletion(id: $id, after: $after) { sequence
        ... on CompletionFailed { error { code retryable } completion { ${completion} } } } }`;
    const resuming = caller.overWebSocket(resume, { id, after: sequence });
    for await (const event of resuming) events.push(event);
    const read = await caller.ask(`query ($id: ID!) { completion(id: $id) { ${completion} } }`, {
      id,
    });
    const cancel = await caller.ask(
      `mutation ($id: ID!) { cancelCompletion(id: $id) {
        ... on CancelCompletionPayload { completion { ${completion} } }
        ... on NotFoundError { code } } }`,
      { id },
    );
    const headers = { Authorization: `Bearer ${credential}` };
    const generation = await fetch(`${server.url}/v1/generation?id=${id}`, { headers });
    const { data } = (await generation.json()) as Data;
    return {
      events,
      read: read.data.completion,
      cancel: cancel.data.cancelCompletion,
      generation: [generation.status, data?.total_cost],
    };
  };
  const gone = { id, status: 'FAILED', usage: { charged: '0' }, attempts: [] };
  const error = { code: 'INTERNAL', retryable: true };
  expect(await doors(demoKey)).toEqual({
    events: [{ sequence: sequence + 1, error, completion: gone }],
    read: gone,
    cancel: { completion: gone },
    generation: [200, 0],
  });
  for (const credential of [stranger.key, adminKey]) {
    expect(await doors(credential)).toMatchObject({
      events: [{ sequence: 1, error: { code: 'NOT_FOUND', retryable: false } }],
      read: null,
      cancel: { code: 'NOT_FOUND' },
      generation: [404, undefined],
    });
  }
  expect(await credits()).toEqual({ ...before, held: '0' });
});

it('a second start on the same folder is refused, and the first serves on', {
  timeout,
}, async () => {
  const { code, said } = await failedStart(settings());
  expect(code).toBe(1);
  expect(said).toContain('in use by another process');
});

it('SIGTERM lets what runs finish, sends sockets elsewhere, and exits with 0', {
  timeout,
}, async () => {
  const more = Promise.withResolvers<void>();
  upstream.answerWith(async (answer) => {
    await answer.sse(textChunk('Half '));
    await more.promise;
    await answer.sse(textChunk('and half.'), finishChunk(), usageChunk(5, 2), endMark);
    answer.end();
  });
  const closed = Promise.withResolvers<number>();
  const client = createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    // One that stays when its operation has ended: the server closes it.
    lazy: false,
    onNonLazyError: () => {},
    connectionParams: { authorization: demoKey },
    on: { closed: (event) => closed.resolve((event as CloseEvent).code) },
  });
  const query = `subscription { completion(${input}) { __typename
    ... on TextDelta { text }
    ... on CompletionFinished { finishReason completion { ${completion} } }
  } }`;
  const events: Data[] = [];
  let ended: ReturnType<ServerProcess['end']> | undefined;
  for await (const { data } of client.iterate({ query })) {
    const event = data?.['completion'] as Data;
    events.push(event);
    if (event.text !== 'Half ') continue;
    ended = server.end('SIGTERM');
    await refusingConnections(server.url);
    more.resolve();
  }
  expect(events.map(({ text }) => text ?? '').join('')).toBe('Half and half.');
  const last = events.at(-1);
  expect(last).toMatchObject({ finishReason: 'STOP', completion: { status: 'SUCCEEDED' } });
  expect(await closed.promise).toBe(1001);
  expect(await ended).toEqual({ code: 0, signal: null });
  server = await startServer(settings());
  const query2 = `query ($id: ID!) { completion(id: $id) { ${completion} } }`;
  const { data } = await demo().ask(query2, { id: last.completion.id });
  expect(data.completion).toEqual(last.completion);
});

it.each([undefined, 'group'] as const)(
  '`npm start` ends with its server, signalled as %s',
  {
    timeout,
  },
  async (whole) => {
    await server.end('SIGKILL');
    const started = await startServer(settings(), 'npm');
    expect(await started.end('SIGTERM', whole)).toEqual({ code: 0, signal: null });
    await refusingConnections(started.url);
    // The folder is free again.
    server = await startServer(settings());
  },
);

/** Resolves once the server takes no connection any more. */
async function refusingConnections(url: string): Promise<void> {
  for (;;) {
    const headers = { Connection: 'close' };
    const taken = await fetch(`${url}/health`, { headers }).then(
      () => true,
      () => false,
    );
    if (!taken) return;
  }
}
