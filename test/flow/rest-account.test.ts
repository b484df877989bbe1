import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Clock, minuteMs, systemClock } from '#kernel';
import { activityAnswer, keyAnswer, keysAnswer } from '#schema';
import { Browser } from '../harness/browser.ts';
import { graphqlClient } from '../harness/graphql-client.ts';
import { type Customer, customer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

const dayMs = 86_400_000;
let aheadMs = -dayMs;
const clock: Clock = { ...systemClock, now: () => systemClock.now() + aheadMs };

let app: WholeApp;
let acme: Customer;
let manager: string;

beforeAll(async () => {
  app = await wholeApp({ clock });
  acme = await customer(app, '10');
  const { data } = await app.admin.ask(
    `mutation ($organizationId: ID!) { createApiKey(input: {
      organizationId: $organizationId, name: "Manager", kind: MANAGEMENT
    }) { ... on CreateApiKeyPayload { secret } } }`,
    { organizationId: acme.organizationId },
  );
  manager = data.createApiKey.secret;
}, 180_000);
afterAll(() => app?.close());

async function call(method: string, path: string, options: { key?: string; body?: object } = {}) {
  const { key = manager, body } = options;
  const response = await fetch(app.url + path, {
    method,
    headers: { Authorization: `Bearer ${key}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, answer: await response.json() };
}

const run = (key: string) =>
  call('POST', '/v1/chat/completions', {
    key,
    body: { model: 'sandbox/echo', messages: [{ role: 'user', content: 'one two three' }] },
  });

/** Runs a completion that began a minute before today, and ends today. */
async function acrossMidnight(key: string): Promise<void> {
  aheadMs = Math.floor(systemClock.now() / dayMs) * dayMs - systemClock.now() - minuteMs;
  const client = graphqlClient(app.url, key);
  const { data } = await client.ask(`mutation { startCompletion(input: {
    model: "sandbox/slow-first-token", messages: [{ role: USER, content: "one" }]
  }) { ... on StartCompletionPayload { completion { id createdAt } } } }`);
  const { id, createdAt } = data.startCompletion.completion;
  aheadMs = 0;
  expect(Date.parse(createdAt)).toBeLessThan(clock.now() - (clock.now() % dayMs));
  const ask = `query ($id: ID!) { completion(id: $id) { status } }`;
  const status = async () => (await client.ask(ask, { id })).data.completion.status;
  await expect.poll(status).toBe('SUCCEEDED');
}

/** A key of its own, by its secret and its hash. */
async function newKey(settings: object = {}) {
  const made = await call('POST', '/v1/keys', { body: { name: 'Another', ...settings } });
  expect(made.status).toBe(201);
  return { secret: made.answer.key as string, ...keyAnswer.parse(made.answer).data };
}

describe('a key', () => {
  it.each([
    [{ name: '' }, 'name'],
    [{ limit: -1 }, 'limit'],
    [{ expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
    [{ expires_at: 'soon' }, 'expires_at'],
    [{ limit_reset: 'hourly' }, 'limit_reset'],
    [{ workspace_id: 'org_of_others' }, 'workspace_id'],
    [{ creator_user_id: 'somebody' }, 'creator_user_id'],
  ])('that is asked for as %j is refused by the field that is wrong', async (wrong, param) => {
    const { status, answer } = await call('POST', '/v1/keys', { body: { name: 'A', ...wrong } });
    expect([status, answer.error.param]).toEqual([400, param]);
    expect(answer.error.message).not.toContain('input.');
  });

  it.each([0.3, 1e-12, 123_456.7, 9_000_000.01])('has the limit %d to the digit', async (limit) => {
    const { hash } = await newKey({ limit });
    const asked = 'query ($id: ID!) { node(id: $id) { ... on ApiKey { creditLimit remaining } } }';
    const { data } = await app.admin.ask(asked, { id: hash });
    const exact = limit === 1e-12 ? '0.000000000001' : String(limit);
    expect(data.node).toEqual({ creditLimit: exact, remaining: exact });
  });

  it('that is changed wrongly is, too', async () => {
    const { hash } = await newKey();
    const { status, answer } = await call('PATCH', `/v1/keys/${hash}`, { body: { limit: -2 } });
    expect([status, answer.error.param]).toEqual([400, 'limit']);
  });

  it('that was revoked is there no more, for any method', async () => {
    const { hash, secret } = await newKey();
    expect(await call('DELETE', `/v1/keys/${hash}`)).toMatchObject({ answer: { deleted: true } });
    expect((await run(secret)).status).toBe(401);
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const body = method === 'PATCH' ? { body: { name: 'Again' } } : {};
      expect((await call(method, `/v1/keys/${hash}`, body)).status).toBe(404);
    }
  });

  it('that has spent more than a limit that came later has 0 left, not less', async () => {
    const { hash, secret } = await newKey();
    expect((await run(secret)).status).toBe(200);
    const { answer } = await call('PATCH', `/v1/keys/${hash}`, { body: { limit: 1e-9 } });
    expect(answer.data).toMatchObject({ limit: 1e-9, limit_remaining: 0 });
    expect(answer.data.usage).toBeGreaterThan(1e-9);
  });
});

describe('a list', () => {
  it.each([
    ['/v1/keys?include_disabled=maybe', 'include_disabled'],
    ['/v1/keys?offset=-1', 'offset'],
    ['/v1/keys?limit=2', 'limit'],
    ['/v1/activity?user_id=somebody', 'user_id'],
    ['/v1/activity?date=yesterday', 'date'],
    ['/v1/activity?api_key_hash=%00', 'api_key_hash'],
  ])('%s is refused by name, not answered as if it had not been said', async (path, param) => {
    const { status, answer } = await call('GET', path);
    expect([status, answer.error.param]).toEqual([400, param]);
  });

  it('of another organization is not given for one’s own', async () => {
    const other = await customer(app, '1');
    for (const path of ['/v1/keys', '/v1/credits', '/v1/activity']) {
      const named = `${path}?organization=`;
      expect((await call('GET', named + other.slug)).status).toBe(404);
      expect((await call('GET', named + acme.slug)).status).toBe(200);
      expect((await call('GET', `${path}?workspace_id=${acme.organizationId}`)).status).toBe(200);
    }
  });

  it('of a day is what its keys did, together or one of them', async () => {
    const { hash, secret } = await newKey();
    await run(secret);
    await run(acme.key);
    const late = await newKey();
    await acrossMidnight(late.secret);
    aheadMs = 0;
    const rowsOf = async (query: string) =>
      activityAnswer.parse((await call('GET', `/v1/activity${query}`)).answer).data;
    const [row] = await rowsOf(`?api_key_hash=${hash}`);
    expect(row).toMatchObject({ model: 'sandbox/echo', requests: 1, prompt_tokens: 3 });
    const [all] = await rowsOf('');
    expect(all?.requests).toBeGreaterThan(1);
    expect(await rowsOf(`?api_key_hash=${hash}0`)).toEqual([]);
    // It belongs to the day on which it ended, as in `usage`: today, which is not whole yet.
    expect(await rowsOf(`?api_key_hash=${late.hash}`)).toEqual([]);
  });
});

describe('a person', () => {
  it('reads and manages by the session cookie what a MANAGEMENT key does', async () => {
    const page = new Browser(app.url);
    await page.signUp('ada@example.com', 'a long enough password');
    await page.signIn('ada@example.com', 'a long enough password');
    await page.ask('mutation { createOrganization(input: { name: "Ada" }) { __typename } }');
    const credits = await page.send('/v1/credits');
    expect(await credits.json()).toEqual({ data: { total_credits: 0, total_usage: 0 } });
    const made = await page.send('/v1/keys', { name: 'Of Ada' });
    expect(made.status).toBe(201);
    const { data } = keysAnswer.parse(await (await page.send('/v1/keys')).json());
    expect(data.map(({ name }) => name)).toEqual(['Of Ada']);
    expect((await page.send('/v1/activity')).status).toBe(200);
    page.origin = 'https://evil.example';
    expect((await page.send('/v1/keys', { name: 'Of Mallory' })).status).toBe(403);
  });
});

describe('nobody', () => {
  it.each([
    ['POST', '/v1/chat/completions'],
    ['POST', '/v1/completions'],
    ['POST', '/v1/embeddings'],
    ['POST', '/v1/messages'],
    ['POST', '/v1/messages/count_tokens'],
    ['POST', '/v1/responses'],
    ['POST', '/v1/keys'],
    ['GET', '/v1/keys'],
    ['GET', '/v1/key'],
    ['GET', '/v1/auth/key'],
    ['GET', '/v1/credits'],
    ['GET', '/v1/activity'],
    ['GET', '/v1/generation'],
  ])('is told so at %s %s before anything else is looked at', async (method, path) => {
    const response = await fetch(app.url + path, {
      method,
      ...(method === 'POST' ? { body: '{}' } : {}),
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });
});
