import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Data } from '../harness/graphql-client.ts';
import {
  endMark,
  finishChunk,
  stubUpstream,
  textChunk,
  type UpstreamStub,
  usageChunk,
} from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

/** Far more than the buffers of a connection on one machine take. */
const pieces = 400;
const piece = 'word '.repeat(6_000);

let app: WholeApp;
let acme: Customer;
let upstream: UpstreamStub;

beforeAll(async () => {
  upstream = await stubUpstream();
  app = await wholeApp();
  await offer(app.admin, {
    model: 'acme/writer',
    provider: 'printer',
    baseUrl: upstream.url,
    promptPrice: '0',
    completionPrice: '0',
    contextLength: 10_000_000,
  });
  acme = await customer(app, '1');
}, 180_000);
afterAll(async () => {
  await app?.close();
  await upstream?.close();
});

const fields =
  '__typename completionId sequence firstSequence ... on TextDelta { text } ... on CompletionFinished { finishReason } ... on CompletionFailed { error { message } }';
const run = `subscription { completion(coalesceMs: 0, detached: true, input: {
  model: "acme/writer", messages: [{ role: USER, content: "A book." }] }) { ${fields} } }`;
const compare = `subscription { compareCompletions(models: ["acme/writer"], coalesceMs: 0,
  detached: true, input: { messages: [{ role: USER, content: "A book." }] }) {
  event { ${fields} } } }`;
const watch = `subscription ($organizationId: ID!) {
  completions(organizationId: $organizationId) { id finishedAt } }`;
const resume = `subscription ($id: ID!) { resumeCompletion(id: $id) { ${fields} } }`;

it('a reader that stops reading holds nobody up: it lags, and gets the rest joined', {
  timeout: 240_000,
}, async () => {
  const begin = Promise.withResolvers<void>();
  upstream.answerWith(async (answer) => {
    await begin.promise;
    for (let n = 0; n < pieces; n++) await answer.sse(textChunk(piece));
    await answer.sse(finishChunk(), usageChunk(5, pieces * 6_000), endMark);
    answer.end();
  });
  const fast = acme.overWebSocket(run)[Symbol.asyncIterator]();
  const { completionId: id } = (await fast.next()).value;
  const stopped = acme.overWebSocket(resume, { id });
  const slow = stopped[Symbol.asyncIterator]();
  await slow.next();
  stopped.pause();
  begin.resolve();
  const [byFast, bySlow]: [Data[], Data[]] = [[], []];
  for (let next = await fast.next(); !next.done; next = await fast.next()) byFast.push(next.value);
  stopped.goOn();
  for (let next = await slow.next(); !next.done; next = await slow.next()) bySlow.push(next.value);
  const lengthOf = (seen: Data[]) => seen.reduce((sum, { text }) => sum + (text?.length ?? 0), 0);
  expect(lengthOf(byFast)).toBe(pieces * piece.length);
  expect(lengthOf(bySlow)).toBe(pieces * piece.length);
  expect(bySlow.at(-1)).toEqual(byFast.at(-1));
  const mostCovered = Math.max(
    ...bySlow.map(({ sequence, firstSequence }) => sequence - firstSequence + 1),
  );
  // What the connection did not take was neither sent nor copied: it came as one.
  expect(mostCovered).toBeGreaterThan(pieces / 4);
});

/** Asks by a connection of its own, and reads nothing until it is told to. */
function unread(path: string, body: object) {
  const { hostname, port } = new URL(app.url);
  const socket = connect(Number(port), hostname).pause();
  const text = JSON.stringify(body);
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: ${hostname}`,
    `Authorization: Bearer ${acme.key}`,
    'Accept: text/event-stream',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(text)}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${text}`);
  return async () => {
    let bytes = 0;
    socket.on('error', () => undefined).on('data', (read) => (bytes += read.length));
    await once(socket.resume(), 'close');
    return bytes;
  };
}

/** So many completions run before they `begin`, and have ended. */
async function ended(count: number, begin: () => void) {
  const { organizationId } = acme;
  const [running, finished] = [new Set<string>(), new Set<string>()];
  for await (const { id, finishedAt } of acme.overWebSocket(watch, { organizationId })) {
    (finishedAt ? finished : running).add(id);
    if (running.size === count) begin();
    if (finished.size === count) return;
  }
}

// A connection that is not left would be kept for the next request, for a minute.
it('STREAM 7: who takes nothing is left once the answer is kept no longer', {
  timeout: 50_000,
}, async () => {
  const begin = Promise.withResolvers<void>();
  upstream.answerWith(async (answer) => {
    await begin.promise;
    for (let n = 0; n < pieces; n++) await answer.sse(textChunk(piece));
    await answer.sse(finishChunk(), usageChunk(5, pieces * 6_000), endMark);
    answer.end();
  });
  const chat = { model: 'acme/writer', messages: [{ role: 'user', content: 'A book.' }] };
  const readings = [
    unread('/v1/chat/completions', { ...chat, stream: true }),
    unread('/graphql', { query: run }),
    unread('/graphql', { query: compare }),
  ];
  // They end first: what ended first is dropped first.
  await ended(readings.length, begin.resolve);
  for (let n = 0; n < 6; n++) {
    for await (const event of acme.overEventStream(run)) {
      if (event.finishReason) expect(event.finishReason).toBe('STOP');
    }
  }
  for (const bytes of await Promise.all(readings.map((read) => read()))) {
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(pieces * piece.length);
  }
});
