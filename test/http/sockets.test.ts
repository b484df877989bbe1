import { once } from 'node:events';
import { type Client, createClient } from 'graphql-ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { ConnectionLost } from '#completions';
import { hourMs } from '#kernel';
import { key, type StandIn, type StandInRun, serve, standIn } from '../harness/stand-in-rooms.ts';

let stand: StandIn;
let server: Awaited<ReturnType<typeof serve>>;
let open: { dispose(): unknown }[] = [];

beforeEach(async () => {
  stand = standIn();
  server = await serve(stand);
});
afterEach(async () => {
  for (const client of open) client.dispose();
  open = [];
  await server.close();
});

const address = () => `${server.url.replace('http', 'ws')}/graphql`;

function connect(credential: string | null = key): Client {
  const client = createClient({
    url: address(),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    lazy: true,
    connectionParams: credential === null ? {} : { Authorization: `Bearer ${credential}` },
  });
  open.push(client);
  return client;
}

const feed = 'subscription { rankings { rank } }';
const stream = `subscription ($after: Int! = 0) {
  completion(
    input: { model: "acme/echo", messages: [{ role: USER, content: "hi" }] }
    after: $after
  ) {
    __typename sequence
    ... on TextDelta { text }
    ... on CompletionStarted { endpoint { provider { slug } } }
    ... on CompletionFinished { finishReason usage { charged } }
    ... on CompletionFailed { error { __typename code message } }
  }
}`;

/** Waits for the n-th completion that was asked for, and for somebody to watch it. */
async function runNumber(number: number): Promise<StandInRun> {
  const run = await until(() => stand.runs[number - 1]);
  await run.watched.promise;
  return run;
}

async function until<Value>(look: () => Value | undefined): Promise<Value> {
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const watch = (client: Client) => client.iterate({ query: stream });

async function collect(events: ReturnType<typeof watch>) {
  const all: unknown[] = [];
  for await (const { data, errors } of events) all.push(errors ?? data?.['completion']);
  return all;
}

it('a completion arrives event by event, and its operation completes behind the last', async () => {
  const events = collect(watch(connect()));
  const run = await runNumber(1);
  run.start();
  run.text('Hello', ' there');
  run.finish();
  expect(await events).toEqual([
    { __typename: 'CompletionStarted', sequence: 1, endpoint: { provider: { slug: 'cheap' } } },
    { __typename: 'TextDelta', sequence: 2, text: 'Hello' },
    { __typename: 'TextDelta', sequence: 3, text: ' there' },
    {
      __typename: 'CompletionFinished',
      sequence: 4,
      finishReason: 'STOP',
      usage: { charged: '0.00000525' },
    },
  ]);
});

describe('who leaves is known at once, while the provider is silent', () => {
  it('an operation that its client ended is ended for good', async () => {
    const client = connect();
    const events = client.iterate({ query: stream });
    const first = events.next();
    const run = await runNumber(1);
    run.start();
    await first;
    await events.return?.();
    expect(await run.leaving.promise).not.toBeInstanceOf(ConnectionLost);
  });

  it('a socket that vanished is lost, which is not the same', async () => {
    const client = connect();
    const events = client.iterate({ query: stream });
    const first = events.next();
    const run = await runNumber(1);
    run.start();
    await first;
    events.next().catch(() => {});
    client.terminate();
    expect(await run.leaving.promise).toBeInstanceOf(ConnectionLost);
  });
});

it('the operation id of a client stands in for an idempotency key when it is a UUID', async () => {
  const client = createClient({
    url: address(),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: key },
    generateID: () => '01890a5d-ac96-774b-bcce-b302099a8057',
  });
  open.push(client);
  const events = collect(watch(client));
  const run = await runNumber(1);
  run.finish();
  await events;
  expect(run.options.operationId).toBe('01890a5d-ac96-774b-bcce-b302099a8057');
});

/** A client without manners, for what good ones never send. */
async function raw(url = server.url): Promise<WebSocket> {
  const address = `${url.replace('http', 'ws')}/graphql`;
  const socket = new WebSocket(address, 'graphql-transport-ws');
  open.push({ dispose: () => socket.terminate() });
  await once(socket, 'open');
  return socket;
}

const closeCode = async (socket: WebSocket) => (await once(socket, 'close'))[0];
const say = (socket: WebSocket, message: object) => socket.send(JSON.stringify(message));

async function greeted(payload: object = {}, url = server.url): Promise<WebSocket> {
  const socket = await raw(url);
  say(socket, { type: 'connection_init', payload });
  await once(socket, 'message');
  return socket;
}

describe('what breaks the protocol closes the socket with its code', () => {
  it('4400: a message that is none', async () => {
    const socket = await raw();
    socket.send('nonsense');
    expect(await closeCode(socket)).toBe(4400);
  });

  it.each([
    { type: 'connection_ack' },
    { type: 'next', id: '1', payload: {} },
    { type: 'error', id: '1', payload: [{ message: 'No' }] },
  ])('4400: $type, which only a server may send', async (message) => {
    const socket = await greeted({ authorization: key });
    say(socket, message);
    expect(await closeCode(socket)).toBe(4400);
  });

  it('4401: an operation before the greeting', async () => {
    const socket = await raw();
    say(socket, { type: 'subscribe', id: '1', payload: { query: '{ platform { name } }' } });
    expect(await closeCode(socket)).toBe(4401);
  });

  it('4401: a credential that is not known', async () => {
    const socket = await raw();
    say(socket, { type: 'connection_init', payload: { Authorization: 'Bearer wrong' } });
    expect(await closeCode(socket)).toBe(4401);
  });

  it.each([5, false, [`Bearer ${key}`], { Bearer: key }])(
    '4401: a credential that is no string: %j',
    async (authorization) => {
      const socket = await raw();
      say(socket, { type: 'connection_init', payload: { authorization } });
      expect(await closeCode(socket)).toBe(4401);
    },
  );

  it('no credential, also when that is said, is nobody', async () => {
    const socket = await greeted({ authorization: null });
    const query = '{ viewer { __typename } }';
    say(socket, { type: 'subscribe', id: '1', payload: { query } });
    const [next] = await once(socket, 'message');
    expect(JSON.parse(String(next)).payload).toEqual({ data: { viewer: null } });
    socket.close();
  });

  it('4401: the key that opened it is revoked', async () => {
    const socket = await greeted({ AUTHORIZATION: `Bearer ${key}` });
    stand.revoke();
    expect(await closeCode(socket)).toBe(4401);
  });

  it('4409: an id that is in use', async () => {
    const socket = await greeted({ authorization: key });
    const subscribe = { type: 'subscribe', id: '1', payload: { query: stream } };
    say(socket, subscribe);
    say(socket, subscribe);
    expect(await closeCode(socket)).toBe(4409);
  });

  it('4429: a second greeting', async () => {
    const socket = await greeted();
    say(socket, { type: 'connection_init' });
    expect(await closeCode(socket)).toBe(4429);
  });

  it('1009: a message above 1 MiB', async () => {
    const socket = await greeted();
    socket.send('x'.repeat(1024 * 1024 + 1));
    expect(await closeCode(socket)).toBe(1009);
  });
});

it('an id that was ended can be used again in the same breath', async () => {
  const socket = await greeted({ authorization: key });
  const messages: { type: string; id: string }[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  say(socket, { type: 'subscribe', id: '1', payload: { query: stream } });
  await runNumber(1);
  say(socket, { type: 'complete', id: '1' });
  say(socket, { type: 'subscribe', id: '1', payload: { query: stream } });
  const second = await runNumber(2);
  expect(stand.runs[0]?.left).toBeDefined();
  second.text('again');
  second.finish();
  await until(() => messages.find(({ type }) => type === 'complete'));
  expect(messages.map(({ type }) => type)).toEqual(['next', 'next', 'complete']);
});

it('one operation more than 100 on a socket is refused, the others run on', async () => {
  const socket = await greeted({ authorization: key });
  const messages: { type: string; id: string; payload: unknown }[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  for (let number = 1; number <= 101; number++) {
    say(socket, { type: 'subscribe', id: String(number), payload: { query: stream } });
  }
  const refusal = await until(() => messages.find(({ type }) => type === 'error'));
  expect(refusal).toMatchObject({
    id: '101',
    payload: [{ extensions: { code: 'OPERATION_LIMIT', limit: 100 } }],
  });
  expect(stand.runs.length).toBe(100);
});

it('a mistake in a document is an error of the operation; the socket stays', async () => {
  const socket = await greeted();
  say(socket, { type: 'subscribe', id: '1', payload: { query: '{ nonsense' } });
  const [data] = await once(socket, 'message');
  expect(JSON.parse(String(data))).toMatchObject({
    id: '1',
    type: 'error',
    payload: [{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }],
  });
  expect(socket.readyState).toBe(WebSocket.OPEN);
});

it('without credentials the public part is answered and a completion is refused', async () => {
  const events = connect(null).iterate({ query: '{ platform { name } }' });
  expect(await events.next()).toMatchObject({ value: { data: { platform: { name: 'Bourse' } } } });
  const refused = await connect(null)
    .iterate({ query: stream })
    .next()
    .catch((errors) => errors);
  expect(JSON.stringify(refused)).toContain('UNAUTHENTICATED');
  expect(stand.runs).toEqual([]);
});

it('a client that is silent for two pings is let go', async () => {
  const socket = await greeted();
  socket.removeAllListeners('ping');
  socket.pong = () => {};
  const closed = once(socket, 'close');
  await stand.clock.advance(12_000);
  await stand.clock.advance(12_000);
  await closed;
});

it('a drain sends idle clients elsewhere and lets a stream come to its end', async () => {
  const idle = await greeted();
  const following = await greeted();
  say(following, { type: 'subscribe', id: '1', payload: { query: feed } });
  const busy = await greeted({ authorization: key });
  say(busy, { type: 'subscribe', id: '1', payload: { query: stream } });
  const run = await runNumber(1);
  server.http.drain(30_000);
  const idleClosed = Promise.all([idle, following].map(closeCode));
  await stand.clock.advance(15_000);
  expect(await idleClosed).toEqual([1001, 1001]);
  expect(busy.readyState).toBe(WebSocket.OPEN);
  const busyClosed = closeCode(busy);
  const heard: string[] = [];
  busy.on('message', (data) => heard.push(JSON.parse(String(data)).type));
  run.finish();
  expect(await busyClosed).toBe(1001);
  expect(heard.at(-1)).toBe('complete');
});

it('a drain lets an answer out, and its end, before it closes', async () => {
  const asking = await greeted({ authorization: key });
  const query = `mutation { complete(input: { model: "acme/echo", messages: [
    { role: USER, content: "hi" }] }) { __typename } }`;
  say(asking, { type: 'subscribe', id: '1', payload: { query } });
  const run = await runNumber(1);
  server.http.drain(0);
  await stand.clock.advance(0);
  const closed = closeCode(asking);
  const heard: string[] = [];
  asking.on('message', (data) => heard.push(JSON.parse(String(data)).type));
  run.finish();
  expect(await closed).toBe(1001);
  expect(heard).toEqual(['next', 'complete']);
});

/** When all that the server sent before has come, and what this client answered has arrived. */
async function answered(socket: WebSocket): Promise<void> {
  if (socket.readyState !== WebSocket.OPEN) return;
  // A socket that is being closed gives no pong any more.
  const told = Promise.race([once(socket, 'pong'), once(socket, 'close')]);
  socket.ping();
  await told;
}

it('a socket a day old lets what runs come to its end, and takes no more', async () => {
  let agedMs = 0;
  const monotonic = () => stand.clock.monotonic() + agedMs;
  const { url, close } = await serve({
    ...stand,
    rooms: { ...stand.rooms, clock: { ...stand.clock, monotonic } },
  });
  open.push({ dispose: close });
  const [idle, busy] = [await greeted({}, url), await greeted({ authorization: key }, url)];
  const beat = async (hours: number) => {
    agedMs = hours * hourMs;
    await stand.clock.advance(12_000);
    for (const socket of [idle, busy]) await answered(socket);
  };
  say(busy, { type: 'subscribe', id: '1', payload: { query: stream } });
  const run = await runNumber(1);
  await beat(22.9);
  expect(idle.readyState).toBe(WebSocket.OPEN);
  const idleClosed = closeCode(idle);
  await beat(23);
  expect(await idleClosed).toBe(1001);
  await beat(23.9);
  const heard: { id: string; type: string }[] = [];
  busy.on('message', (data) => heard.push(JSON.parse(String(data))));
  say(busy, { type: 'subscribe', id: '2', payload: { query: '{ __typename }' } });
  await until(() => heard[0]);
  expect(heard).toMatchObject([{ id: '2', type: 'error' }]);
  const busyClosed = closeCode(busy);
  run.finish();
  expect(await busyClosed).toBe(1001);
  expect(heard.at(-1)).toEqual({ id: '1', type: 'complete' });
});
