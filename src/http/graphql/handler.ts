import type { GraphQLError } from 'graphql';
import { Fault, type Log } from '#kernel';
import type { Context, Rooms } from '#schema';
import {
  bodyOf,
  type Exchange,
  jsonOf,
  principalOf,
  RequestRefused,
  sendJson,
} from '../exchange.ts';
import { answerByGet, answerByPost, requestOf } from './answer.ts';
import type { Engine, OperationRequest } from './engine.ts';
import { graphqlErrorOf, presentError } from './present-error.ts';
import { streamEvents } from './sse.ts';

export interface GraphqlOptions {
  readonly engine: Engine;
  readonly rooms: Rooms;
  readonly log: Log;
}

/**
 * A browser sends these across origins without asking first, so none of them may reach an
 * operation.
 */
const simpleContentType =
  /^(text\/plain|multipart\/form-data|application\/x-www-form-urlencoded)\b/i;

/**
 * `/graphql` over HTTP. Operations as JSON by POST are answered here, without the layers of Request
 * and Response; everything else the specification allows goes the long way through Yoga.
 */
export function openGraphqlHandler(options: GraphqlOptions) {
  const { engine, rooms } = options;
  return async (exchange: Exchange): Promise<void> => {
    const { request } = exchange;
    const context = contextOf(exchange, rooms);
    const accept = request.headers.accept ?? '*/*';
    const body = request.method === 'POST' ? await postedBody(exchange) : null;
    const asked = body ? posted(request.headers['content-type'], body) : inAddress(exchange.url);
    if (asked && accept.includes('text/event-stream')) {
      if (await streamEvents({ exchange, asked, accept, context, engine, clock: rooms.clock })) {
        return;
      }
    }
    const answer = body ? answerByPost : answerByGet;
    if (asked && (await answer({ exchange, asked, accept, context, engine }))) return;
    if (body) Object.assign(request, { body });
    await engine.yoga(request, exchange.response, context);
  };
}

function contextOf(exchange: Exchange, rooms: Rooms): Context {
  const { request, requestId, signal } = exchange;
  const lastEventId = request.headers['last-event-id'];
  return {
    rooms,
    principal: principalOf(exchange, rooms.identity),
    requestId,
    signal,
    operationId: null,
    lastEventId: typeof lastEventId === 'string' ? lastEventId : null,
    readOnly: request.method !== 'POST',
  };
}

async function postedBody(exchange: Exchange): Promise<Buffer> {
  if (simpleContentType.test(exchange.request.headers['content-type'] ?? '')) {
    throw new RequestRefused(415, 'Send the operation as application/json.');
  }
  return bodyOf(exchange);
}

function posted(contentType: string | undefined, body: Buffer): OperationRequest | null {
  if (!/^application\/json\b/i.test(contentType ?? '')) return null;
  try {
    return requestOf(jsonOf(body));
  } catch {
    return null; // Yoga says in the specification's words what is wrong with it
  }
}

function inAddress({ searchParams }: URL): OperationRequest | null {
  const variables = searchParams.get('variables');
  try {
    return requestOf({
      query: searchParams.get('query'),
      variables: variables ? JSON.parse(variables) : null,
      operationName: searchParams.get('operationName'),
    });
  } catch {
    return null;
  }
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
