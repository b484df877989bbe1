import { type Exchange, RequestRefused } from '../../exchange.ts';
import type { Engine } from '../engine.ts';

/** Whether the client takes server-sent events, the form of a subscription over HTTP. */
export const takesEvents = (accept: string): boolean =>
  /text\/event-stream|text\/\*|\*\/\*/.test(accept);

const methods = { query: 'GET, HEAD, POST', mutation: 'POST', subscription: 'GET, POST' };

/** Throws when such an operation is not asked for by this method. */
export function refuseByMethod(
  { request, response }: Exchange,
  operation: ReturnType<Engine['prepare']>,
): void {
  if (operation.kind === 'refused') return;
  const allowed = methods[operation.kind];
  if (allowed.split(', ').includes(request.method ?? '')) return;
  response.setHeader('Allow', allowed);
  throw new RequestRefused(405, `Send a ${operation.kind} by ${allowed.replaceAll(', ', ' or ')}.`);
}

/** Of an operation whose client takes none of the forms in which it is answered. */
export function unacceptable(operation: ReturnType<Engine['prepare']>): RequestRefused {
  return new RequestRefused(
    406,
    operation.kind === 'subscription'
      ? 'A subscription is answered with events: send `Accept: text/event-stream`, or use a WebSocket.'
      : 'An answer is JSON: send `Accept: application/graphql-response+json` or `application/json`.',
  );
}

const bodyForm = /^application\/json\s*(?:;|$)/i;

/** Throws when an operation that was posted is not said to be in the form that is read. */
export function refuseUnreadable(contentType: string | undefined): void {
  if (bodyForm.test(contentType ?? '')) return;
  throw new RequestRefused(
    415,
    'Send the operation as JSON, with the header `Content-Type: application/json`.',
  );
}
