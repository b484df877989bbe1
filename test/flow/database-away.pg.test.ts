import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseMoney } from '#kernel';
import { serverDatabase } from '../harness/databases.ts';
import type { Data } from '../harness/graphql-client.ts';
import { type LossyProxy, lossyProxy } from '../harness/lossy-proxy.ts';
import { stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let database: Awaited<ReturnType<typeof serverDatabase>>;
let way: LossyProxy;
let app: WholeApp;
let acme: Customer;
let upstream: UpstreamStub;

beforeAll(async () => {
  upstream = await stubUpstream();
  database = await serverDatabase();
  const url = new URL(database.url);
  way = await lossyProxy({ host: url.hostname, port: Number(url.port) });
  url.hostname = '127.0.0.1';
  url.port = String(way.port);
  const encryptionKey = Buffer.alloc(32).toString('base64');
  app = await wholeApp({ settings: { DATABASE_URL: url.href, ENCRYPTION_KEY: encryptionKey } });
  await offer(app.admin, { model: 'acme/writer', provider: 'printer', baseUrl: upstream.url });
  acme = await customer(app, '100');
}, 240_000);
afterAll(async () => {
  await app?.close();
  await way?.close();
  await database?.drop();
  await upstream?.close();
}, 120_000);

const ask = (headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${app.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Authorization: `Bearer ${acme.key}`,
      ...headers,
    },
    body: JSON.stringify({
      ...{ model: 'acme/writer', max_tokens: 10 },
      messages: [{ role: 'user', content: 'Go.' }],
    }),
  });
const people = (what: string) =>
  fetch(`${app.url}/auth/${what}/email`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email: 'ada@ex.com', name: 'Ada', password: 'a long password' }),
  });
/** The cookie of somebody who has signed in. */
async function signedIn(): Promise<string> {
  await people('sign-up');
  const { headers } = await people('sign-in');
  return headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');
}
/** The first event of a completion that only the database could know. */
async function resumed(): Promise<Data> {
  const watching = acme.overWebSocket(
    `subscription ($id: ID!) { resumeCompletion(id: $id) {
      __typename sequence ... on CompletionFailed { error { code } } } }`,
    { id: `cmp_${'0'.repeat(26)}` },
  );
  for await (const event of watching) return event;
}
const ready = async () => (await fetch(`${app.url}/ready`)).status;

it.each([
  ['refuses', () => way.cut()],
  ['is silent', async () => way.freeze()],
])(
  'a database that %s: completions go on, and are charged once',
  async (_, goAway) => {
    expect((await ask()).status).toBe(200);
    const before = await acme.credits();
    const cookie = await signedIn();
    await goAway();
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask()));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const bodies = (await Promise.all(answers.map((answer) => answer.json()))) as Data[];
    expect(new Set(bodies.map(({ id }) => id)).size).toBe(40);
    expect(await ready()).toBe(503);
    // Whether a key was used before only the database knows.
    const keyed = await ask({ 'Idempotency-Key': crypto.randomUUID() });
    expect(keyed.status).toBe(503);
    const { errors } = await acme.ask('{ viewer { ... on ApiKey { organization { name } } } }');
    expect(errors?.map(({ extensions }) => extensions['code'])).toEqual(['UNAVAILABLE']);
    expect(await resumed()).toMatchObject({ sequence: 1, error: { code: 'UNAVAILABLE' } });
    expect((await people('sign-in')).status).toBe(503);
    expect((await people('sign-up')).status).toBe(503);
    const session = await fetch(`${app.url}/auth/get-session`, { headers: { cookie } });
    expect(session.status).toBe(503);
    expect(session.headers.get('Retry-After')).toBe('1');
    await way.heal();
    await expect.poll(ready, { timeout: 30_000 }).toBe(200);
    const spent = async () => before.balance - (await acme.credits()).balance;
    // 5 × 0.001 + 2 × 0.002 and 5 % of it, for each.
    await expect.poll(spent, { timeout: 30_000 }).toBe(40n * parseMoney('0.00945'));
    expect((await acme.credits()).held).toBe(0n);
    expect(await app.audit()).toEqual([]);
  },
  120_000,
);
