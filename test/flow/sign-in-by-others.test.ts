import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser } from '../harness/browser.ts';
import { type IdentityProvider, openIdentityProvider } from '../harness/identity-provider.ts';
import { type RunningApp, runningApp } from '../harness/running-app.ts';

let issuer: IdentityProvider;
let running: RunningApp;

beforeAll(async () => {
  issuer = await openIdentityProvider();
  running = await runningApp(issuer.settings);
}, 180_000);
afterAll(async () => {
  await running.close();
  await issuer.close();
});

const viewer = '{ viewer { __typename ... on User { name email } } }';

describe('an OpenID provider', () => {
  it('says who somebody is, and they are signed in', async () => {
    issuer.claims = {
      sub: 'ada',
      aud: 'bourse',
      email: 'ada@example.com',
      email_verified: true,
      name: 'Ada',
    };
    const page = new Browser(running.app.url);
    const response = await issuer.signIn(page);
    expect([response.status, response.headers.get('location')]).toEqual([302, '/']);
    const { data } = await page.ask(viewer);
    expect(data.viewer).toEqual({ __typename: 'User', name: 'Ada', email: 'ada@example.com' });
  });

  it('says the same again, and they are the same person', async () => {
    const pages = [new Browser(running.app.url), new Browser(running.app.url)];
    for (const page of pages) await issuer.signIn(page);
    const ids = await Promise.all(
      pages.map(
        async (page) => (await page.ask('{ viewer { ... on User { id } } }')).data.viewer.id,
      ),
    );
    expect(ids[0]).toBe(ids[1]);
  });

  it('whose answer belongs to another request is not believed', async () => {
    const [one, two] = [new Browser(running.app.url), new Browser(running.app.url)];
    const back = await issuer.askedBy(one);
    expect(back.origin).toBe(new URL(running.app.url).origin);
    await two.send(back.pathname + back.search);
    expect((await two.ask(viewer)).data.viewer).toBeNull();
  });

  it('whose token is for somebody else is not believed', async () => {
    issuer.claims = {
      ...issuer.claims,
      sub: 'eve',
      email: 'eve@example.com',
      aud: 'another client',
    };
    const page = new Browser(running.app.url);
    await issuer.signIn(page);
    expect((await page.ask(viewer)).data.viewer).toBeNull();
  });

  it('calls somebody what may stand as a name here, or nothing', async () => {
    const named = async (sub: string, name: string) => {
      const said = { email: `${sub}@example.com`, email_verified: true, picture: 'javascript:x' };
      issuer.claims = { sub, aud: 'bourse', name, ...said };
      const page = new Browser(running.app.url);
      await issuer.signIn(page);
      return (await page.ask(viewer)).data.viewer.name;
    };
    expect(await named('long', 'x'.repeat(5_000))).toBe('x'.repeat(100));
    expect(await named('lines', ' Ada\u0000\nLovelace ')).toBe('Ada Lovelace');
    expect(await named('nameless', '\n')).toBe('nameless');
  });

  it('that gives no address for one makes no account', async () => {
    const said = { sub: 'nobody', aud: 'bourse', email_verified: true, name: 'Nobody' };
    for (const email of ['not an address\nBcc: all@example.com', `${'x'.repeat(300)}@x.com`]) {
      issuer.claims = { ...said, email };
      const page = new Browser(running.app.url);
      const response = await issuer.signIn(page);
      expect(response.headers.get('location')).toContain('error=invalid_email');
      expect((await page.ask(viewer)).data.viewer).toBeNull();
    }
  });
});
