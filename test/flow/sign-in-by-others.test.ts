import { OAuth2Server } from 'oauth2-mock-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser } from '../harness/browser.ts';
import { type RunningApp, runningApp } from '../harness/running-app.ts';

/** A stand-in for an OpenID provider, with signed tokens. */
const issuer = new OAuth2Server();
let running: RunningApp;
let claims: Record<string, unknown> = {};

beforeAll(async () => {
  await issuer.issuer.keys.generate('RS256');
  await issuer.start(0, '127.0.0.1');
  const { url = '' } = issuer.issuer;
  issuer.service.on('beforeTokenSigning', (token) => Object.assign(token.payload, claims));
  issuer.service.on('beforeUserinfo', (userInfo) => Object.assign(userInfo, { body: claims }));
  running = await runningApp({
    OIDC_ISSUER: url,
    OIDC_CLIENT_ID: 'bourse',
    OIDC_CLIENT_SECRET: 'the-secret-of-the-issuer',
  });
}, 180_000);
afterAll(async () => {
  await running.close();
  await issuer.stop();
});

/** What a browser does: asks where to go, goes there, and comes back with a code. */
async function signIn(page: Browser): Promise<Response> {
  const asked = await page.send('/auth/sign-in/social', { provider: 'oidc', callbackURL: '/' });
  const { url } = await asked.json();
  const there = await fetch(url, { redirect: 'manual' });
  const back = new URL(there.headers.get('location') ?? '');
  expect(back.origin).toBe(new URL(running.app.url).origin);
  return page.send(back.pathname + back.search);
}

const viewer = '{ viewer { __typename ... on User { name email } } }';

describe('an OpenID provider', () => {
  it('says who somebody is, and they are signed in', async () => {
    claims = {
      sub: 'ada',
      aud: 'bourse',
      email: 'ada@example.com',
      email_verified: true,
      name: 'Ada',
    };
    const page = new Browser(running.app.url);
    const response = await signIn(page);
    expect([response.status, response.headers.get('location')]).toEqual([302, '/']);
    const { data } = await page.ask(viewer);
    expect(data.viewer).toEqual({ __typename: 'User', name: 'Ada', email: 'ada@example.com' });
  });

  it('says the same again, and they are the same person', async () => {
    const pages = [new Browser(running.app.url), new Browser(running.app.url)];
    for (const page of pages) await signIn(page);
    const ids = await Promise.all(
      pages.map(
        async (page) => (await page.ask('{ viewer { ... on User { id } } }')).data.viewer.id,
      ),
    );
    expect(ids[0]).toBe(ids[1]);
  });

  it('whose answer belongs to another request is not believed', async () => {
    const [one, two] = [new Browser(running.app.url), new Browser(running.app.url)];
    const asked = await one.send('/auth/sign-in/social', { provider: 'oidc', callbackURL: '/' });
    const there = await fetch((await asked.json()).url, { redirect: 'manual' });
    const back = new URL(there.headers.get('location') ?? '');
    await two.send(back.pathname + back.search);
    expect((await two.ask(viewer)).data.viewer).toBeNull();
  });

  it('whose token is for somebody else is not believed', async () => {
    claims = { ...claims, sub: 'eve', email: 'eve@example.com', aud: 'another client' };
    const page = new Browser(running.app.url);
    await signIn(page);
    expect((await page.ask(viewer)).data.viewer).toBeNull();
  });
});
