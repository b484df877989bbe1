import type { ServedRequest } from '#telemetry';
import type { Exchange } from './exchange.ts';

/** What an operator is told of a request; `route` is one of a few, whatever is asked for. */
export const servedBy = ({ request, response }: Exchange, route: string): ServedRequest => ({
  method: request.method ?? '',
  route,
  headers: request.headers,
  ended: (listener) => response.once('close', () => listener(response.statusCode)),
});
