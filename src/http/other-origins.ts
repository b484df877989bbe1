import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Site } from '#identity';

const exposedHeaders = [
  ...['X-Request-Id', 'Request-Id', 'X-Generation-Id', 'X-Unknown-Providers'],
  ...['Retry-After', 'X-Should-Retry'],
  ...['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset', 'ETag'],
  ...['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset'],
].join(', ');

/**
 * Pages of any origin may call with a key that they have; those of an allowed origin, and no
 * others, with the cookie of whoever looks at them.
 */
export function allowOrigin(
  { headers }: IncomingMessage,
  response: ServerResponse,
  site: Site,
): void {
  const { origin } = headers;
  const own = origin !== undefined && site.origins.includes(origin);
  response.setHeader('Access-Control-Allow-Origin', own ? origin : '*');
  if (own) response.setHeader('Access-Control-Allow-Credentials', 'true');
  if (origin !== undefined) response.setHeader('Vary', 'Origin');
  response.setHeader('Access-Control-Expose-Headers', exposedHeaders);
}

/** What a browser asks before it calls. With cookies a star would not stand for all headers. */
export function answerPreflight({ headers }: IncomingMessage, response: ServerResponse): void {
  const asked = headers['access-control-request-headers'];
  response.writeHead(204, {
    'Access-Control-Allow-Methods': 'GET, POST, PATCH, DELETE',
    'Access-Control-Allow-Headers': asked ? `*, Authorization, ${asked}` : '*, Authorization',
    'Access-Control-Max-Age': '86400',
  });
  response.end();
}
