import type { IncomingHttpHeaders } from 'node:http';
import type { CompletionInput } from '#completions';
import { credentialNeeded, type Principal } from '#identity';
import { Fault } from '#kernel';
import type { Rooms } from '#schema';
import { callerOf as keyOrSession } from '../callers.ts';
import { credentialOf, type Exchange } from '../exchange.ts';

/**
 * Whose account is asked about: a key's, or a person's by the session cookie. UNAUTHENTICATED when
 * nobody says. From here on the answer, whatever it is, carries the limit of that key.
 */
export async function callerOf(exchange: Exchange, rooms: Rooms): Promise<Principal> {
  const { request } = exchange;
  const principal = somebody(await keyOrSession(request, rooms, given(request.headers)));
  tellLimit(exchange, principal, rooms);
  return principal;
}

/** Whose key runs a completion; UNAUTHENTICATED without one, before anything of it is read. */
export function principalOf({ request }: Exchange, { identity }: Rooms): Principal {
  const { headers, socket } = request;
  return somebody(identity.authenticate(credentialOf(given(headers)), socket));
}

function somebody(principal: Principal): Principal {
  if (principal.kind === 'anonymous') throw credentialNeeded();
  return principal;
}

/** Anthropic's clients send the key as `X-Api-Key`. */
const given = (headers: IncomingHttpHeaders) =>
  headers.authorization ?? header(headers, 'x-api-key') ?? undefined;

/** How the key stands to its limit of requests; nothing of a key that has none. */
export function tellLimit({ response }: Exchange, principal: Principal, { limits }: Rooms): void {
  if (principal.kind !== 'apiKey') return;
  const { id, requestsPerMinute } = principal.apiKey;
  if (requestsPerMinute === null) return;
  const { limit, remaining, resetAt } = limits.look(id, requestsPerMinute);
  response.setHeader('X-RateLimit-Limit', limit);
  response.setHeader('X-RateLimit-Remaining', remaining);
  response.setHeader('X-RateLimit-Reset', resetAt.getTime());
}

/** The same where nobody is asked who it is: of a public list, of an address that is none. */
export function tellLimitOfKey(exchange: Exchange, rooms: Rooms): void {
  if (exchange.response.hasHeader('X-RateLimit-Limit')) return;
  const { headers, socket } = exchange.request;
  try {
    const credential = credentialOf(given(headers));
    if (credential) tellLimit(exchange, rooms.identity.authenticate(credential, socket), rooms);
  } catch (thrown) {
    if (Fault.from(thrown).code !== 'UNAUTHENTICATED') throw thrown;
  }
}

type FromHeaders = Required<Pick<CompletionInput, 'idempotencyKey' | 'sessionId' | 'app'>>;

/** What callers say beside the body. */
export function fromHeaders(headers: IncomingHttpHeaders): FromHeaders {
  return {
    idempotencyKey: header(headers, 'idempotency-key'),
    sessionId: header(headers, 'x-session-id'),
    app: appOf(headers),
  };
}

const appNameMax = 100;

/** The application that the request is attributed to, by its title or else the host of its page. */
function appOf(headers: IncomingHttpHeaders): FromHeaders['app'] {
  const page = URL.parse(header(headers, 'http-referer') ?? header(headers, 'referer') ?? '');
  const title = header(headers, 'x-openrouter-title') ?? header(headers, 'x-title');
  const name = title ?? (page?.host || null);
  return name ? { name: name.slice(0, appNameMax), url: page } : null;
}

function header(headers: IncomingHttpHeaders, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}
