import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Browser } from '../harness/browser.ts';
import { type IdentityProvider, openIdentityProvider } from '../harness/identity-provider.ts';
import { openPostOffice, type PostOffice } from '../harness/post-office.ts';
import { type RunningApp, runningApp } from '../harness/running-app.ts';

/** A password takes a tenth of a second of a free processor, and much longer on a busy one. */
vi.setConfig({ testTimeout: 120_000 });

let office: PostOffice;
let issuer: IdentityProvider;
let running: RunningApp;
const shown: string[] = [];
const password = 'a long enough password';

beforeAll(async () => {
  office = await openPostOffice();
  const show = (text: string) => void shown.push(text);
  const mail = { SMTP_URL: office.url, MAIL_FROM: 'Bourse <hello@bourse.test>' };
  issuer = await openIdentityProvider();
  running = await runningApp({ ...mail, ...issuer.settings }, { show });
}, 180_000);
afterAll(async () => {
  await running.close();
  await issuer.close();
  await office.close();
});

const browser = () => new Browser(running.app.url);
const linkIn = (letter: string) => /https?:\S+/.exec(letter)?.[0] ?? '';

it('with SMTP an address signs in once its letter was answered, and not before', async () => {
  const page = browser();
  await page.signUp('ada@example.com', password);
  expect((await page.signIn('ada@example.com', password)).status).toBe(403);
  const letter = await office.letterTo('ada@example.com');
  expect(letter).toContain('From: Bourse <hello@bourse.test>');
  await page.send(linkIn(letter).slice(running.app.url.length));
  expect((await page.signIn('ada@example.com', password)).status).toBe(200);
});

it('who signs up with an address that has an account is told so by letter alone', async () => {
  await browser().signUp('bob@example.com', password);
  await office.letterTo('bob@example.com');
  const again = await browser().signUp('bob@example.com', 'quite another password');
  expect(again.status).toBe(200);
  expect(await office.letterTo('bob@example.com')).toContain(running.app.url);
});

it('an address that an OpenID provider did not verify waits for its letter too', async () => {
  const said = { sub: 'cy', aud: 'bourse', email: 'cy@example.com', name: 'Cy' };
  issuer.claims = { ...said, email_verified: false };
  const page = browser();
  const refused = await issuer.signIn(page);
  expect(refused.headers.get('location')).toContain('error=email_not_verified');
  expect((await page.ask('{ viewer { __typename } }')).data.viewer).toBeNull();
  const letter = await office.letterTo('cy@example.com');
  await page.send(linkIn(letter).slice(running.app.url.length));
  await issuer.signIn(page);
  expect((await page.ask('{ viewer { __typename } }')).data.viewer.__typename).toBe('User');
});

it('no link stands on the terminal', () => {
  expect(shown).toEqual([]);
});
