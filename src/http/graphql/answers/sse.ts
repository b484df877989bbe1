import type { ExecutionResult } from 'graphql';
import { type Clock, Fault } from '#kernel';
import type { Context } from '#schema';
import { credentialEnded, whileValid } from '../../credential-life.ts';
import { EventStream } from '../../event-stream.ts';
import { type Exchange, leftBehind } from '../../exchange.ts';
import type { Engine, OperationRequest } from '../engine.ts';
import { textOf } from '../execution/shared-results.ts';
import { graphqlErrorOf } from '../present-error.ts';
import { alone, closing, type Result } from '../results.ts';
import { costMember, mediaTypeOf } from './answer.ts';

/**
 * A completion whose key was revoked ends by itself, with its own last event; what has none, such
 * as a feed, is ended then.
 */
const lastWordsMs = 500;

/**
 * An operation as server-sent events (the distinct connections mode of graphql-sse): `next` for
 * each result, then `complete`. An event of a completion is named `<completionId>:<sequence>`,
 * which a client that comes back says in Last-Event-ID. False when the operation gives one result
 * and the client takes that in plain form too.
 */
export async function streamEvents(options: {
  exchange: Exchange;
  asked: OperationRequest;
  accept: string;
  context: Context;
  engine: Engine;
  clock: Clock;
  /** Aborts when feeds have to end; a completion comes to its own end. */
  lastCall: AbortSignal;
}): Promise<boolean> {
  const { exchange, asked, accept, engine, clock, lastCall } = options;
  const { response, signal } = exchange;
  let eventId: string | null = null;
  // Such a client ends a subscription by closing its request: it has left, and is not lost.
  const left = new AbortController();
  const leaving = () => left.abort(new Fault('CANCELLED', { public: 'You left.' }));
  signal.addEventListener('abort', leaving, { once: true });
  const context: Context = {
    ...options.context,
    signal: left.signal,
    delivering: (id) => {
      eventId = id;
    },
  };
  const operation = engine.prepare(asked, context);
  const streams = operation.kind === 'subscription';
  if (!streams && mediaTypeOf(accept)) return false;
  const shown = shownBy(operation, engine, context);
  const stream = new EventStream({ response, clock, comment: 'still here' });
  const started = await operation.run();
  const results = 'each' in started ? started : alone(started);
  let ended: Fault | null = null;
  const end = () => {
    ended = credentialEnded();
    leave();
  };
  const endSoon = () => void clock.after(lastWordsMs, end);
  const stopWatching = whileValid(context.principal, context.rooms, endSoon);
  const open = closing(results, () => {
    stopWatching();
    signal.removeEventListener('abort', leave);
    lastCall.removeEventListener('abort', leave);
    leaving();
  });
  const leave = () => open.leave();
  const reasons = operation.endless ? [signal, lastCall] : [signal];
  for (const reason of reasons) reason.addEventListener('abort', leave, { once: true });
  if (reasons.some(({ aborted }) => aborted)) leave();
  const next = (result: Result) => {
    const name = eventId === null ? '' : `id: ${eventId}\n`;
    eventId = null;
    return stream.write(`${name}event: next\ndata: ${shown(result)}\n\n`);
  };
  try {
    await open.each(next);
  } catch (thrown) {
    if (leftBehind(exchange, thrown)) return true;
    await next({ errors: [graphqlErrorOf(thrown)] });
  }
  if (ended) await next({ errors: [graphqlErrorOf(ended)] });
  stream.end('event: complete\ndata:\n\n');
  return true;
}

/** The JSON of each result. */
const shownBy =
  (operation: ReturnType<Engine['prepare']>, engine: Engine, context: Context) =>
  (result: Result) => {
    if (typeof result === 'string') return result;
    if (operation.feed && !result.errors) return textOf(result);
    const text = JSON.stringify(presented(result, engine, context));
    // A subscription was charged when it started; a query's one answer says what it cost.
    const cost = operation.kind === 'subscription' ? null : operation.cost;
    return cost ? text.slice(0, -1) + costMember(cost) : text;
  };

const presented = ({ errors, ...rest }: ExecutionResult, engine: Engine, context: Context) =>
  errors ? { errors: engine.present(errors, context), ...rest } : rest;
