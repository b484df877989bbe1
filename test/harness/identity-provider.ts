import { OAuth2Server } from 'oauth2-mock-server';
import type { Browser } from './browser.ts';

/** A stand-in for an OpenID provider, with signed tokens. */
export interface IdentityProvider {
  /** What makes a server offer it. */
  readonly settings: Readonly<Record<string, string>>;
  /** What it says of whoever comes next. */
  claims: Record<string, unknown>;
  /** What a browser does: asks where to go, and goes there. Returns the way back, with a code. */
  askedBy(page: Browser): Promise<URL>;
  /** The same, and comes back. */
  signIn(page: Browser): Promise<Response>;
  close(): Promise<void>;
}

export async function openIdentityProvider(): Promise<IdentityProvider> {
  const server = new OAuth2Server();
  await server.issuer.keys.generate('RS256');
  await server.start(0, '127.0.0.1');
  const provider: IdentityProvider = {
    settings: {
      OIDC_ISSUER: server.issuer.url ?? '',
      OIDC_CLIENT_ID: 'bourse',
      OIDC_CLIENT_SECRET: 'the-secret-of-the-issuer',
    },
    claims: {},
    async askedBy(page) {
      const asked = await page.send('/auth/sign-in/social', { provider: 'oidc', callbackURL: '/' });
      const there = await fetch((await asked.json()).url, { redirect: 'manual' });
      return new URL(there.headers.get('location') ?? '');
    },
    async signIn(page) {
      const back = await provider.askedBy(page);
      return page.send(back.pathname + back.search);
    },
    close: () => server.stop(),
  };
  server.service.on('beforeTokenSigning', (token) => Object.assign(token.payload, provider.claims));
  server.service.on('beforeUserinfo', (userInfo) =>
    Object.assign(userInfo, { body: provider.claims }),
  );
  return provider;
}
