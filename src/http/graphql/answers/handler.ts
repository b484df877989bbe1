import type { IncomingMessage } from 'node:http';
import type { GraphQLError } from 'graphql';
import { Fault, type Log } from '#kernel';
import type { Context, Rooms } from '#schema';
import { callerOf } from '../../callers.ts';
import { bodyOf, type Exchange, RequestRefused, sendJson, tooManyValues } from '../../exchange.ts';
import { hasFewValues } from '../../json-values.ts';
import type { Engine, OperationRequest } from '../engine.ts';
import { pointsLeft } from '../points.ts';
import { graphqlErrorOf, presentError } from '../present-error.ts';
import { refuseByMethod, refuseUnreadable, takesEvents, unacceptable } from './acceptable.ts';
import { answerAgain, answerByGet, answerByPost, requestOf } from './answer.ts';
import { KeptAnswers } from './kept-answers.ts';
import { streamEvents } from './sse.ts';

export interface GraphqlOptions {
  readonly engine: Engine;
  readonly rooms: Rooms;
  readonly log: Log;
  /** Aborts when feeds have to end. */
  readonly lastCall: AbortSignal;
}

/**
 * `/graphql` over HTTP. Operations are answered here, without the layers of Request and Response;
 * a browser's page, and words for what is no request, come from Yoga.
 */
export function openGraphqlHandler(options: GraphqlOptions) {
  const { engine, rooms, lastCall } = options;
  const { clock } = rooms;
  const answers = new KeptAnswers();
  return async (exchange: Exchange): Promise<void> => {
    const { request } = exchange;
    const context = await contextOf(exchange, rooms);
    const accept = request.headers.accept?.toLowerCase() ?? '*/*';
    const body = request.method === 'POST' ? await postedBody(exchange) : null;
    const question = body?.toString() ?? null;
    const streams = accept.includes('text/event-stream');
    if (question !== null && !streams) {
      if (answerAgain({ exchange, question, accept, context, answers })) return;
    }
    const asked = showsPage(request, accept) ? null : operationIn(exchange, question);
    if (asked) {
      if (context.readOnly) refuseByMethod(exchange, engine.prepare(asked, context));
      const how = { exchange, asked, accept, context, engine };
      const asEvents = { ...how, clock, lastCall };
      if (streams && (await streamEvents(asEvents))) return;
      const answer =
        question === null ? answerByGet(how) : answerByPost({ ...how, question, answers });
      if (await answer) return;
      if (!streams && takesEvents(accept) && (await streamEvents(asEvents))) return;
      throw unacceptable(engine.prepare(asked, context));
    }
    if (body) Object.assign(request, { body });
    await engine.yoga(request, exchange.response, context);
  };
}

async function contextOf(exchange: Exchange, rooms: Rooms): Promise<Context> {
  const { request, requestId, signal } = exchange;
  const lastEventId = request.headers['last-event-id'];
  const principal = await callerOf(request, rooms);
  return {
    rooms,
    principal,
    limits: { points: () => pointsLeft({ rooms, principal }), operations: () => null },
    requestId,
    signal,
    operationId: null,
    lastEventId: typeof lastEventId === 'string' ? lastEventId : null,
    readOnly: request.method !== 'POST',
  };
}

async function postedBody(exchange: Exchange): Promise<Buffer> {
  refuseUnreadable(exchange.request.headers['content-type']);
  const body = await bodyOf(exchange);
  if (!hasFewValues(body)) throw tooManyValues();
  return body;
}

/** GraphiQL, which Yoga shows to a browser that opens the address. */
const showsPage = ({ method }: IncomingMessage, accept: string) =>
  method === 'GET' && accept.includes('text/html');

const operationIn = ({ url }: Exchange, question: string | null): OperationRequest | null =>
  question === null ? inAddress(url) : posted(question);

function posted(question: string): OperationRequest | null {
  try {
    return requestOf(JSON.parse(question));
  } catch {
    return null; // Yoga says in the specification's words what is wrong with it
  }
}

function inAddress({ searchParams }: URL): OperationRequest | null {
  const object = (name: string) => {
    try {
      return JSON.parse(searchParams.get(name) || 'null');
    } catch {
      throw new RequestRefused(400, `\`${name}\` is no JSON. Send an object.`);
    }
  };
  return requestOf({
    query: searchParams.get('query'),
    documentId: searchParams.get('documentId'),
    variables: object('variables'),
    operationName: searchParams.get('operationName'),
    extensions: object('extensions'),
  });
}

/** A refusal before GraphQL was reached, in the form of a GraphQL answer. */
export function refuse(exchange: Exchange, thrown: unknown, log: Log): void {
  const { response, requestId } = exchange;
  const error: GraphQLError = presentError(graphqlErrorOf(thrown), { requestId, log });
  const fault = Fault.from(thrown);
  if (fault.code === 'UNAUTHENTICATED') response.setHeader('WWW-Authenticate', 'Bearer');
  const status = fault instanceof RequestRefused ? fault.status : statuses[fault.code];
  sendJson(response, status ?? 400, { errors: [error] });
}

const statuses: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  RATE_LIMITED: 429,
  UNAVAILABLE: 503,
  INTERNAL: 500,
};
