import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Browser } from '../harness/browser.ts';
import { recordingLog } from '../harness/recording-log.ts';
import { type RunningApp, runningApp } from '../harness/running-app.ts';

/** A password takes a tenth of a second of a free processor, and much longer on a busy one. */
vi.setConfig({ testTimeout: 120_000 });

let running: RunningApp;
const shown: string[] = [];
const log = recordingLog();
const allowed = 'https://app.example.com';
const password = 'a long enough password';

beforeAll(async () => {
  const show = (text: string) => void shown.push(text);
  running = await runningApp({ ALLOWED_ORIGINS: allowed }, { show, log });
}, 180_000);
afterAll(() => running.close());

const viewer = '{ viewer { __typename ... on User { name email memberships { role } } } }';
const browser = (origin?: string) => new Browser(running.app.url, origin);
const logged = (message: string) =>
  log.lines.filter((line) => line.message === message).map(({ fields }) => fields);
const linkTo = (email: string) =>
  /https?:\S+/.exec(shown.findLast((text) => text.includes(email)) ?? '')?.[0] ?? '';

async function signedIn(email: string, origin?: string) {
  const page = browser(origin);
  await page.signUp(email, password);
  expect((await page.signIn(email, password)).status).toBe(200);
  return page;
}

it('a person signs up and in, owns the organization they make and runs on it', async () => {
  const page = await signedIn('ada@example.com');
  const who = { __typename: 'User', name: 'ada', email: 'ada@example.com', memberships: [] };
  expect((await page.ask(viewer)).data.viewer).toEqual(who);
  const made = await page.ask(
    `mutation { createOrganization(input: { name: "Ada & Co" }) {
      ... on CreateOrganizationPayload { organization { id slug viewerRole } } } }`,
  );
  const { organization } = made.data.createOrganization;
  expect(organization).toMatchObject({ slug: 'ada-co', viewerRole: 'OWNER' });
  await running.ask(
    running.adminKey,
    `mutation($id: ID!) { grantCredits(input: { organizationId: $id, amount: "1", reason: "test",
      idempotencyKey: "ada" }) { __typename } }`,
    { id: organization.id },
  );
  const run = await page.ask(
    `mutation($id: ID) { complete(input: { organizationId: $id, model: "sandbox/echo",
      messages: [{ role: USER, content: "one two" }] }) { ... on CompletePayload { text } } }`,
    { id: organization.id },
  );
  expect(run.data.complete.text.trim()).toBe('one two');
  const spent = await page.ask(
    '{ viewer { ... on User { memberships { role spentThisMonth organization { slug } } } } }',
  );
  const [membership] = spent.data.viewer.memberships;
  expect(membership).toMatchObject({ role: 'OWNER', organization: { slug: 'ada-co' } });
  expect(Number(membership.spentThisMonth)).toBeGreaterThan(0);
});

describe('a session cookie', () => {
  it('counts over HTTP and on a socket, from this server and from allowed origins', async () => {
    for (const origin of [undefined, allowed]) {
      const page = await signedIn(`page-${origin === undefined}@example.com`, origin);
      expect((await page.ask(viewer)).data.viewer.__typename).toBe('User');
      const socket = page.socket();
      await socket.next('connection_ack');
      socket.subscribe(viewer);
      expect((await socket.next('next')).data.viewer.__typename).toBe('User');
      socket.close();
    }
  });

  it('is refused from every other origin: 403, and 4403 on a socket', async () => {
    const page = await signedIn('bob@example.com');
    for (const origin of ['https://evil.example', 'null', `${allowed}.evil.example`]) {
      page.origin = origin;
      const { status, errors } = await page.ask(viewer);
      expect([status, errors?.[0]?.extensions.code]).toEqual([403, 'FORBIDDEN']);
      const response = await page.send('/graphql', { query: viewer });
      expect(response.headers.get('access-control-allow-credentials')).toBeNull();
      expect(await page.socket().closed).toBe(4403);
      expect((await page.send('/auth/sign-out', {})).status).toBe(403);
    }
    page.origin = browser().origin;
    expect((await page.ask(viewer)).data.viewer.__typename).toBe('User');
  });

  it('is worth nothing after the sign-out, and its socket is closed with 4401', async () => {
    const page = await signedIn('carl@example.com');
    const stolen = browser();
    for (const [name, value] of page.cookies) stolen.cookies.set(name, value);
    const socket = page.socket();
    await socket.next('connection_ack');
    expect((await page.send('/auth/sign-out', {})).status).toBe(200);
    expect(await socket.closed).toBe(4401);
    expect((await stolen.ask(viewer)).data.viewer).toBeNull();
    expect(page.cookies.size).toBe(0);
  });

  it('that was planted before the sign-in is not taken over', async () => {
    const page = browser();
    const mallory = await signedIn('mallory@example.com');
    for (const [name, value] of mallory.cookies) page.cookies.set(name, value);
    await page.signUp('dora@example.com', password);
    await page.signIn('dora@example.com', password);
    expect(page.cookies).not.toEqual(mallory.cookies);
    expect((await page.ask(viewer)).data.viewer.email).toBe('dora@example.com');
    expect((await mallory.ask(viewer)).data.viewer.email).toBe('mallory@example.com');
    const forged = browser();
    forged.cookies.set('bourse.session_token', 'chosen-by-the-attacker.c2lnbmF0dXJl');
    expect((await forged.ask(viewer)).data.viewer).toBeNull();
  });
});

describe('whether an address has an account', () => {
  const seen = async (response: Response) => {
    const { user, ...rest } = (await response.json()) as { user?: object };
    const fields = user && Object.keys(user).sort();
    return { status: response.status, cookies: response.headers.getSetCookie(), fields, ...rest };
  };

  it('is not told by a sign-up, a sign-in, a reset or a verification', async () => {
    await browser().signUp('eve@example.com', password);
    const page = browser();
    const again = await seen(await page.signUp('eve@example.com', 'another password'));
    expect(again).toEqual(await seen(await page.signUp('new@example.com', 'another password')));
    const wrong = await seen(await page.signIn('eve@example.com', 'wrong password'));
    expect(wrong).toEqual(await seen(await page.signIn('nobody@example.com', 'wrong password')));
    const reset = async (email: string) =>
      seen(await page.send('/auth/request-password-reset', { email, redirectTo: '/' }));
    expect(await reset('eve@example.com')).toEqual(await reset('nobody@example.com'));
    const verify = async (email: string) =>
      seen(await page.send('/auth/send-verification-email', { email }));
    expect(await verify('eve@example.com')).toEqual(await verify('nobody@example.com'));
    expect((await page.signIn('eve@example.com', password)).status).toBe(200);
  });

  it('is not told by how long that takes: each answer waits for the same moment', async () => {
    const timed = async (act: () => Promise<unknown>) => {
      const startMs = performance.now();
      await act();
      return performance.now() - startMs;
    };
    const page = browser();
    const letter = (path: string, email: string) => page.send(path, { email });
    const ways: ((email: string) => Promise<unknown>)[] = [
      (email) => page.signIn(email, 'x'),
      (email) => page.signUp(email, password),
      (email) => letter('/auth/request-password-reset', email),
      (email) => letter('/auth/send-verification-email', email),
    ];
    for (const way of ways) {
      for (const email of ['eve@example.com', `${crypto.randomUUID()}@example.com`]) {
        expect(await timed(() => way(email))).toBeGreaterThanOrEqual(295);
      }
    }
  });
});

it('without SMTP the links go to the terminal; one verifies the address', async () => {
  const page = await signedIn('fay@example.com');
  const link = linkTo('fay@example.com');
  expect(link).toContain(`${running.app.url}/auth/verify-email?token=`);
  const response = await page.send(link.slice(running.app.url.length));
  expect(response.status).toBeLessThan(400);
  const session = await (await page.send('/auth/get-session')).json();
  expect(session).toMatchObject({ user: { emailVerified: true } });
});

it('a password is reset by the link, once, and every session of before has ended', async () => {
  const page = await signedIn('gus@example.com');
  await page.send('/auth/request-password-reset', { email: 'gus@example.com', redirectTo: '/' });
  const token = /reset-password\/([^?\s]+)/.exec(linkTo('gus@example.com'))?.[1] ?? '';
  const reset = (newPassword: string) =>
    browser().send('/auth/reset-password', { token, newPassword });
  expect((await reset('another long password')).status).toBe(200);
  expect((await reset('yet another password')).status).toBe(400);
  expect((await page.ask(viewer)).data.viewer).toBeNull();
  expect((await page.signIn('gus@example.com', password)).status).toBe(401);
  expect((await page.signIn('gus@example.com', 'another long password')).status).toBe(200);
});

it('a form of another site cannot post here', async () => {
  const response = await fetch(`${running.app.url}/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: JSON.stringify({ email: 'ada@example.com', password }),
  });
  expect(response.status).toBe(415);
});

it('guesses at a password are slowed, whether the account is there or not', async () => {
  await browser().signUp('hal@example.com', password);
  for (const email of ['hal@example.com', 'nobody-at-all@example.com']) {
    const page = browser();
    const guesses = Array.from({ length: 12 }, () => page.signIn(email, 'wrong password'));
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    const refused = await page.signIn(email, password);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  expect(logged('a sign-in was refused')).toContainEqual({ address: '127.0.0.1', status: 401 });
  expect(logged('guessing is slowed')).toContainEqual({ topic: 'password' });
  expect(JSON.stringify(log.lines)).not.toMatch(/hal@|nobody-at-all|wrong password/);
});

it('a password is guessed at no more often with a session than without', async () => {
  const page = await signedIn('ida@example.com');
  const verify = (password: string) => page.send('/auth/verify-password', { password });
  const change = (currentPassword: string) =>
    page.send('/auth/change-password', { currentPassword, newPassword: 'a new long password' });
  for (let count = 0; count < 5; count++) {
    expect((await verify('wrong password')).status).toBe(400);
    expect((await change('wrong password')).status).toBe(400);
  }
  const refused = [await verify(password), await change(password)];
  refused.push(await browser().signIn('ida@example.com', password));
  expect(refused.map(({ status }) => status)).toEqual([429, 429, 429]);
});

it('nobody is sent more than ten letters in ten minutes, however it is asked', async () => {
  const before = shown.length;
  const page = browser();
  await page.signUp('jo@example.com', password);
  const statuses: number[] = [];
  for (let count = 0; count < 12; count++) {
    const ask = { email: count % 2 ? 'JO@example.com' : 'jo@example.com', redirectTo: '/' };
    statuses.push((await page.send('/auth/request-password-reset?x=/sign-in/', ask)).status);
  }
  expect(statuses).toEqual([...Array(9).fill(200), 429, 429, 429]);
  const letters = shown.slice(before).filter((text) => text.includes('jo@example.com'));
  expect(letters).toHaveLength(10);
});

describe('what people say of themselves', () => {
  it('is refused when it is no name, no address or no picture', async () => {
    const page = await signedIn('kim@example.com');
    const bad: object[] = [
      { name: 'x'.repeat(101) },
      { name: 'two\nlines' },
      { name: 5 },
      { name: null },
      { image: 'javascript:alert(1)' },
      { image: `https://example.com/${'x'.repeat(2_048)}` },
    ];
    for (const said of bad) {
      const response = await page.send('/auth/update-user', said);
      expect([said, response.status]).toEqual([said, 400]);
      expect(await response.json()).toMatchObject({ code: 'INVALID_INPUT' });
    }
    expect((await page.ask(viewer)).data.viewer.name).toBe('kim');
    const [name, email] = ['Kim', `${'x'.repeat(250)}@example.com`];
    for (const said of [
      { name, email },
      { email: 'new-kim@example.com', name: 'two\nlines' },
    ]) {
      const response = await browser().send('/auth/sign-up/email', { password, ...said });
      expect(response.status).toBe(400);
    }
  });

  it('is refused alike whether the address has an account or not', async () => {
    await browser().signUp('leo@example.com', password);
    const told = async (email: string) => {
      const said = { email, password, name: 'two\nlines' };
      const response = await browser().send('/auth/sign-up/email', said);
      return [response.status, await response.json()];
    };
    expect(await told('leo@example.com')).toEqual(await told('no-leo@example.com'));
  });

  it('is theirs to change', async () => {
    const page = await signedIn('mia@example.com');
    expect((await page.send('/auth/update-user', { name: 'Mia' })).status).toBe(200);
    expect((await page.ask(viewer)).data.viewer.name).toBe('Mia');
    expect((await page.send('/auth/update-user', { name: '' })).status).toBe(200);
    expect((await page.ask(viewer)).data.viewer.name).toBe('mia');
  });
});

it('guesses at keys are slowed, and a good key behind the same address works on', async () => {
  const guess = () => running.ask('not-a-key-at-all', '{ platform { name } }');
  const statuses: number[] = [];
  for (let count = 0; count < 103; count++) statuses.push((await guess()).status);
  expect(statuses.slice(0, 100).every((status) => status === 401)).toBe(true);
  expect(statuses.at(-1)).toBe(429);
  expect(logged('a credential was refused')).toContainEqual({ address: '127.0.0.1' });
  expect(logged('guessing is slowed')).toContainEqual({ topic: 'key' });
  expect(JSON.stringify(log.lines)).not.toContain('not-a-key-at-all');
  const good = await running.ask(running.demoKey, '{ viewer { __typename } }');
  expect(good.data.viewer.__typename).toBe('ApiKey');
});
