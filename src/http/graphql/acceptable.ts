import { RequestRefused } from '../exchange.ts';
import type { Engine } from './engine.ts';

/** Whether the client takes server-sent events, the form of a subscription over HTTP. */
export const takesEvents = (accept: string): boolean =>
  /text\/event-stream|text\/\*|\*\/\*/.test(accept);

const answerForms = /\*\/\*|application\/(?:\*|json|graphql-response\+json)|multipart\/mixed/;

/** Throws when the client takes none of the forms in which such an operation is answered. */
export function refuseUnacceptable(accept: string, operation: ReturnType<Engine['prepare']>): void {
  const subscribes = 'kind' in operation && operation.kind === 'subscription';
  if (subscribes ? takesEvents(accept) : answerForms.test(accept)) return;
  throw new RequestRefused(
    406,
    subscribes
      ? 'A subscription is answered with events: send `Accept: text/event-stream`, or use a WebSocket.'
      : 'An answer is JSON: send `Accept: application/graphql-response+json` or `application/json`.',
  );
}

const bodyForms = /^application\/(?:json|graphql|graphql\+json)\b/i;

/** Throws when an operation that was posted is not said to be in a form that is read. */
export function refuseUnreadable(contentType: string | undefined): void {
  if (bodyForms.test(contentType ?? '')) return;
  throw new RequestRefused(
    415,
    'Send the operation as JSON, with the header `Content-Type: application/json`.',
  );
}
