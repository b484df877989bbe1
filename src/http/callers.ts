import type { IncomingMessage } from 'node:http';
import { anonymous, type Principal } from '#identity';
import { Fault } from '#kernel';
import type { Rooms } from '#schema';
import { credentialOf } from './exchange.ts';

/** A page of an origin that may not use people's sessions. */
export class ForeignOrigin extends Fault {
  override readonly name = 'ForeignOrigin';

  constructor() {
    super('FORBIDDEN', {
      public:
        'Pages of this origin may not use sessions. Send an API key, or have the operator add ' +
        'the origin to ALLOWED_ORIGINS.',
    });
  }
}

const sessionCookie = /(?:^|;\s*)(?:__Secure-)?bourse\.session_token=/;

/** Whether a header says who asks; a socket may still say so in its first message. */
export const bringsCredential = ({ headers }: IncomingMessage): boolean =>
  headers.authorization !== undefined || sessionCookie.test(headers.cookie ?? '');

/**
 * Who asks: the bearer credential that was given, else the person whose session cookie came along,
 * which counts from allowed origins alone; a cookie that is worth nothing any more is nobody.
 */
export async function callerOf(
  request: IncomingMessage,
  rooms: Rooms,
  authorization: string | undefined = request.headers.authorization,
): Promise<Principal> {
  const { cookie } = request.headers;
  const credential = credentialOf(authorization);
  if (credential !== undefined || !cookie || !sessionCookie.test(cookie)) {
    return rooms.identity.authenticate(credential, request.socket);
  }
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (origin !== undefined && !rooms.site.origins.includes(origin)) throw new ForeignOrigin();
  // Somebody else's page leads here: shown is what is public.
  if (origin === undefined && site === 'cross-site') return anonymous;
  return (await rooms.people.personOf(cookie)) ?? anonymous;
}
