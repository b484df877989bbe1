import type { ServedRequest } from '#telemetry';
import type { Exchange } from './exchange.ts';
import { restPatternOf } from './rest/routes.ts';

const own = new Set(['/', '/health', '/ready', '/metrics', '/graphql']);

/** What an operator is told of a request: its address is one of a few, whatever is asked for. */
export function servedBy({ request, response, url }: Exchange): ServedRequest {
  return {
    method: request.method ?? '',
    route: routeOf(url.pathname),
    headers: request.headers,
    ended: (listener) => response.once('close', () => listener(response.statusCode)),
  };
}

function routeOf(path: string): string {
  if (own.has(path)) return path;
  const prefix = ['/auth/', '/webhooks/'].find((each) => path.startsWith(each));
  return prefix ? `${prefix}{path}` : (restPatternOf(path) ?? '{unknown}');
}
