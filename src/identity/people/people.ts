import { sleep } from '#kernel';
import { asFault } from '#storage';
import type { UserPrincipal } from '../access/principal.ts';
import { guarded } from './guarded-sign-in.ts';
import type { PeopleOptions } from './people-options.ts';
import { SessionWatch } from './session-watch.ts';

/** People who sign in, and what their cookies are worth. */
export interface People {
  /** Answers a request to `/auth/*`: better-auth's own routes. */
  answer(request: Request): Promise<Response>;
  /** The person whose session this Cookie header carries; null without one that is valid. */
  personOf(cookie: string): Promise<UserPrincipal | null>;
  /**
   * Calls `ended` once, about a second after the session's end (signed out, expired, password
   * reset) on whichever node that happened. Returns how to stop.
   */
  watch(sessionId: string, ended: () => void): () => void;
  close(): Promise<void> | void;
}

/**
 * What could tell by its speed whether an address has an account is not answered before this: a
 * hash takes about 60 ms, and the rows of a new account a few more.
 */
const answerAfterMs = 300;
const telling =
  /^\/auth\/(?:sign-in\/email|sign-up\/email|request-password-reset|send-verification-email)$/;

export function openPeople(options: PeopleOptions): People {
  const { clock } = options;
  const watch = new SessionWatch(options);
  let opened: ReturnType<typeof open> | null = null;
  /**
   * Opened by the first request of a person: only then is it known where this server is reached,
   * and a node that serves programs alone does without better-auth's 600 modules.
   */
  const auth = () => {
    opened ??= open(options);
    return opened;
  };
  const sessionOf = async (cookie: string) =>
    (await auth()).api.getSession({ headers: new Headers({ cookie }) }).catch(fail);
  const accountOf = async (cookie: string) => (await sessionOf(cookie))?.user.email ?? null;
  const guarding = { ...options, accountOf };
  return {
    async answer(request) {
      const handle = async (passed: Request) => (await auth()).handler(passed).catch(fail);
      const answer = guarded(request, guarding, handle);
      if (!telling.test(new URL(request.url).pathname)) return answer;
      const [response] = await Promise.all([answer, sleep(clock, answerAfterMs)]);
      return response;
    },
    async personOf(cookie) {
      const found = await sessionOf(cookie);
      if (!found) return null;
      const { session, user } = found;
      return { kind: 'user', userId: user.id, platformAdmin: false, sessionId: session.id };
    },
    watch: (sessionId, ended) => watch.add(sessionId, ended),
    close: () => watch.close(),
  };
}

function fail(thrown: unknown): never {
  throw asFault(thrown);
}

async function open(options: PeopleOptions) {
  const { openAuth } = await import('./better-auth.ts');
  return openAuth(options);
}
