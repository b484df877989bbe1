import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { type Origin, plainUserAgent } from '#audit';

/**
 * The client's network address. Behind a proxy that is trusted (TRUST_PROXY) it is the last entry
 * of X-Forwarded-For, the one that the proxy itself has added: those before it are the client's own
 * words. Undefined when the connection is gone.
 */
export function clientAddress(request: IncomingMessage, trustProxy: boolean): string | undefined {
  const forwarded = trustProxy ? lastEntry(request.headers['x-forwarded-for']) : undefined;
  return forwarded ?? request.socket.remoteAddress?.replace(/^::ffff:/, '');
}

/** Where a request comes from, as the audit keeps it. */
export const originOf = (request: IncomingMessage, trustProxy: boolean): Origin =>
  new RequestOrigin(request, trustProxy);

/** What a client says it is, is made fit to be kept when the audit asks, which is seldom. */
class RequestOrigin implements Origin {
  readonly address: string | null;
  readonly #given: string | undefined;

  constructor(request: IncomingMessage, trustProxy: boolean) {
    this.address = clientAddress(request, trustProxy) ?? null;
    this.#given = request.headers['user-agent'];
  }

  get userAgent(): string | null {
    return plainUserAgent(this.#given);
  }
}

/** What is no address is not taken for one. */
function lastEntry(header: string | string[] | undefined): string | undefined {
  const entry = [header].flat().join(',').split(',').at(-1)?.trim() ?? '';
  return isIP(entry) === 0 ? undefined : entry;
}
