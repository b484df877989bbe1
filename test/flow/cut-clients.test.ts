import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseMoney, seededRandom } from '#kernel';
import type { Data } from '../harness/graphql-client.ts';
import {
  endMark,
  finishChunk,
  stubUpstream,
  textChunk,
  type UpstreamStub,
} from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

const cuts = 200;
const pieces = 50;
const seed = `cut ${crypto.randomUUID()}`;

let app: WholeApp;
let acme: Customer;
let upstream: UpstreamStub;

beforeAll(async () => {
  upstream = await stubUpstream();
  app = await wholeApp();
  await offer(app.admin, { model: 'acme/talker', provider: 'talker', baseUrl: upstream.url });
  acme = await customer(app, '100000');
}, 180_000);
afterAll(async () => {
  await app?.close();
  await upstream?.close();
});

const messages = [{ role: 'user', content: 'Tell me.' }];
const doors = [
  { path: '/v1/chat/completions', body: { messages, stream: true } },
  { path: '/v1/chat/completions', body: { messages } },
  { path: '/api/v1/messages', body: { messages, max_tokens: 2_000, stream: true } },
  { path: '/v1/responses', body: { input: 'Tell me.', stream: true } },
] as const;

/**
 * Asks, and hangs up when the provider has said so many pieces; at the last moment it ends at the
 * same time. Resolves when the provider knows; how soon that is `npm run bench` tells (`leaving`).
 */
async function cutAt(piece: number, door: (typeof doors)[number]): Promise<void> {
  const leaving = new AbortController();
  const known = Promise.withResolvers<void>();
  upstream.answerWith(async (answer, request) => {
    void request.aborted.then(known.resolve);
    for (let at = 0; at < pieces && !leaving.signal.aborted; at++) {
      if (at === piece) leaving.abort();
      await answer.sse(textChunk(`word${at} `));
      await nextTurn();
    }
    if (piece < pieces) return;
    leaving.abort();
    await answer.sse(finishChunk(), endMark);
    answer.end();
    known.resolve();
  });
  await fetch(app.url + door.path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${acme.key}` },
    body: JSON.stringify({ model: 'acme/talker', ...door.body }),
    signal: leaving.signal,
  })
    .then((response) => response.text())
    .catch((thrown) => expect(thrown).toMatchObject({ name: 'AbortError' }));
  return known.promise;
}

/** Every charge of the organization, as its ledger has it. */
async function charges(): Promise<Data[]> {
  const found: Data[] = [];
  let after: string | null = null;
  do {
    const { data }: Data = await app.admin.ask(
      `query ($id: ID!, $after: String) { node(id: $id) { ... on Organization { credits {
        ledger(first: 100, after: $after, filter: { kinds: [USAGE] }) {
          nodes { amount completion { id status usage { charged } } }
          pageInfo { hasNextPage endCursor } } } } } }`,
      { id: acme.organizationId, after },
    );
    const { nodes, pageInfo } = data.node.credits.ledger;
    found.push(...nodes);
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
  return found;
}

it(`a client that is cut at any of ${cuts} moments is charged once (${seed})`, async () => {
  const random = seededRandom(seed);
  const before = await acme.credits();
  for (let cut = 0; cut < cuts; cut++) {
    const piece = Math.floor(random.next() * (pieces + 1));
    const door = doors[Math.floor(random.next() * doors.length)] ?? doors[0];
    await cutAt(piece, door);
  }
  let now = await acme.credits();
  while (now.held > 0n) now = await acme.credits();

  const charged = await charges();
  expect(charged).toHaveLength(cuts);
  expect(new Set(charged.map(({ completion }) => completion.id)).size).toBe(cuts);
  const sum = charged.reduce((total, { amount }) => total + parseMoney(amount), 0n);
  expect(now.balance - before.balance).toBe(sum);
  for (const { amount, completion } of charged) {
    expect(parseMoney(completion.usage.charged)).toBe(-parseMoney(amount));
    expect(completion.status).toMatch(/CANCELLED|SUCCEEDED/);
  }
  expect(await app.audit()).toEqual([]);
}, 180_000);
