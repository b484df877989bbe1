import { type BetterAuthOptions, betterAuth } from 'better-auth';
import { prismaAdapter } from 'better-auth/adapters/prisma';
import { APIError, createAuthMiddleware } from 'better-auth/api';
import { genericOAuth } from 'better-auth/plugins/generic-oauth';
import { base32Digits, type Clock, type Log, newId, secureText } from '#kernel';
import { asFault } from '#storage';
import { knownAlreadyLetter, resetLetter, verificationLetter } from './letters.ts';
import { fitting, refusedUser, wrongInput } from './people-input.ts';
import { addressHeader, type OAuthClient, type PeopleOptions } from './people-options.ts';

export const openAuth = (options: PeopleOptions) => betterAuth(authOptions(options));

const hour = 3_600;
const day = 24 * hour;

/**
 * better-auth as it is used here. A sign-up never signs in: the answer for an address that has an
 * account could not look like that for a new one otherwise.
 */
function authOptions(options: PeopleOptions) {
  const { storage, clock, cipher, mail, site } = options;
  return {
    appName: 'Bourse',
    baseURL: site.url,
    basePath: '/auth',
    secret: Buffer.from(cipher.derive('sign-in 1')).toString('base64'),
    trustedOrigins: [...site.origins],
    database: prismaAdapter(storage.prisma, { provider: 'postgresql', transaction: true }),
    emailAndPassword: {
      enabled: true,
      autoSignIn: false,
      requireEmailVerification: mail.delivers,
      revokeSessionsOnPasswordReset: true,
      resetPasswordTokenExpiresIn: hour,
      sendResetPassword: async ({ user, url }) => mail.send(resetLetter(user.email, url)),
      onExistingUserSignUp: async ({ user }) => {
        if (mail.delivers) mail.send(knownAlreadyLetter(user.email, site.url));
      },
    },
    emailVerification: {
      sendOnSignUp: true,
      expiresIn: hour,
      sendVerificationEmail: async ({ user, url }) =>
        mail.send(verificationLetter(user.email, url)),
    },
    session: { modelName: 'authSession', expiresIn: 7 * day, updateAge: day },
    account: { modelName: 'authAccount', encryptOAuthTokens: true },
    verification: { modelName: 'authVerification', storeIdentifier: 'hashed' },
    ...signInByOthers(options),
    hooks: { before: checkedInput, after: uncoveredFault },
    user: { validateUserInfo: refusedUser },
    databaseHooks: { user: { create: { before: async (user) => fitting(user) } } },
    // Attempts are counted before it is asked: for all nodes together, and by account too.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { log: logged(options.log) },
    // What it refuses it answers all the same; what fails is answered and logged as anywhere else.
    onAPIError: { throw: true },
    advanced: {
      cookiePrefix: 'bourse',
      disableOriginCheck: false,
      disableCSRFCheck: false,
      ipAddress: { ipAddressHeaders: [addressHeader] },
      database: { generateId: ({ model }) => idOf(model, clock) },
    },
  } satisfies BetterAuthOptions;
}

const checkedInput = createAuthMiddleware(async ({ path, body }) => {
  const message = wrongInput(path, body);
  if (message) throw new APIError('BAD_REQUEST', { code: 'INVALID_INPUT', message });
});

/**
 * Some of its routes make a 500 of their own of whatever they meet: the database's faults are
 * answered as everywhere.
 */
const uncoveredFault = createAuthMiddleware(async ({ context }) => {
  const told = asFault(context.returned);
  if (told !== context.returned) throw told;
});

/** An address that the other side has not verified waits for its letter like one of a sign-up. */
function signInByOthers({ github, google, oidc, mail }: PeopleOptions) {
  const clientOf = ({ clientId, clientSecret }: OAuthClient) => ({
    clientId,
    clientSecret: clientSecret.reveal(),
    requireEmailVerification: mail.delivers,
  });
  const issuer = oidc && {
    ...clientOf(oidc),
    providerId: 'oidc',
    discoveryUrl: `${oidc.issuer}/.well-known/openid-configuration`,
    requireIdTokenVerification: true,
    scopes: ['openid', 'email', 'profile'],
    pkce: true,
  };
  return {
    socialProviders: {
      ...(github ? { github: clientOf(github) } : {}),
      ...(google ? { google: clientOf(google) } : {}),
    },
    plugins: issuer ? [genericOAuth({ config: [issuer] })] : [],
  };
}

function idOf(model: string, clock: Clock): string {
  return model === 'user' ? newId('user', clock) : secureText(26, base32Digits);
}

/** Its sentences name addresses of people, so only what went wrong on our side is kept. */
const logged = (log: Log) => (level: string, message: string) => {
  if (level === 'error') log.warn('sign-in', { reason: message });
};
