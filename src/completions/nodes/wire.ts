import { deserialize, serialize } from 'node:v8';
import type { Market } from '#catalog';
import { invariant } from '#kernel';
import type { Completion } from '../completion.ts';
import type { CompletionEvent } from '../events/events.ts';
import { faultFromWire, faultToWire, type WireFault } from './wire-fault.ts';

export type WireCompletion = Omit<Completion, 'error'> & { readonly error: WireFault | null };

/** An event with ids where it has endpoints. */
export type WireEvent = CompletionEvent extends infer Event
  ? Event extends CompletionEvent
    ? {
        [Field in keyof Event]: Field extends 'endpoint' | 'next'
          ? string | null
          : Field extends 'error'
            ? WireFault
            : Field extends 'completion'
              ? WireCompletion
              : Event[Field];
      }
    : never
  : never;

/** Keeps bigint and dates, which JSON does not. What is read was sealed by one of our nodes. */
export const toBytes = (value: unknown): Buffer => serialize(value);
export const fromBytes = (bytes: Buffer): unknown => deserialize(bytes);

export const completionToWire = (completion: Completion): WireCompletion => ({
  ...completion,
  error: completion.error && faultToWire(completion.error),
});

export const completionFromWire = (wire: WireCompletion, market: Market): Completion => ({
  ...wire,
  error: wire.error && faultFromWire(wire.error, market),
});

export function eventToWire(event: CompletionEvent): WireEvent {
  switch (event.type) {
    case 'CompletionStarted':
      return { ...event, endpoint: event.endpoint.id };
    case 'RouteChanged':
      return { ...event, next: event.next?.id ?? null };
    case 'CompletionFinished':
      return { ...event, completion: completionToWire(event.completion) };
    case 'CompletionFailed':
      return {
        ...event,
        error: faultToWire(event.error),
        completion: completionToWire(event.completion),
      };
    default:
      return event;
  }
}

export function eventFromWire(event: WireEvent, market: Market): CompletionEvent {
  switch (event.type) {
    case 'CompletionStarted': {
      const endpoint = market.endpoint(event.endpoint ?? '');
      invariant(endpoint, 'an endpoint that was tried on one node is known on every node');
      return { ...event, endpoint };
    }
    case 'RouteChanged':
      return { ...event, next: market.endpoint(event.next ?? '') ?? null };
    case 'CompletionFinished':
      return { ...event, completion: completionFromWire(event.completion, market) };
    case 'CompletionFailed':
      return {
        ...event,
        error: faultFromWire(event.error, market),
        completion: completionFromWire(event.completion, market),
      };
    default:
      return event;
  }
}
