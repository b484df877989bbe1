import type { ExecutionResult } from 'graphql';
import type { Context } from '#schema';
import { type Exchange, sendJson } from '../exchange.ts';
import type { Engine, OperationRequest } from './engine.ts';

const parameters = new Set(['query', 'variables', 'operationName', 'extensions']);

/** The operation in a body or an address; null when it is not in its usual form. */
export function requestOf(given: unknown): OperationRequest | null {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return null;
  const { query, variables, operationName, extensions } = given as Record<string, unknown>;
  const usual =
    typeof query === 'string' &&
    isObjectOrAbsent(variables) &&
    isObjectOrAbsent(extensions) &&
    (operationName == null || typeof operationName === 'string') &&
    Object.keys(given).every((name) => parameters.has(name));
  return usual ? (given as OperationRequest) : null;
}

const isObjectOrAbsent = (value: unknown) =>
  value == null || (typeof value === 'object' && !Array.isArray(value));

const preferred = 'application/graphql-response+json';

/**
 * Answers a query or mutation as the GraphQL-over-HTTP specification has it; false when the client
 * wants a form that this way does not have.
 */
export async function answerByPost(options: {
  exchange: Exchange;
  asked: OperationRequest;
  accept: string;
  context: Context;
  engine: Engine;
}): Promise<boolean> {
  const { exchange, asked, accept, context, engine } = options;
  const mediaType = accept.includes(preferred) ? preferred : 'application/json';
  if (mediaType !== preferred && !/application\/json|application\/\*|\*\/\*/.test(accept)) {
    return false;
  }
  const operation = engine.prepare(asked, context);
  if ('kind' in operation && operation.kind === 'subscription') return false;
  const result = 'kind' in operation ? await operation.run() : { errors: operation };
  if (Symbol.asyncIterator in result) return false;
  if (exchange.response.destroyed) return true;
  exchange.response.setHeader('Content-Type', `${mediaType}; charset=utf-8`);
  const { errors, ...rest } = result as ExecutionResult;
  const shown = errors ? { errors: engine.present(errors, context), ...rest } : rest;
  const refused = mediaType === preferred && !('data' in result);
  sendJson(exchange.response, refused ? 400 : 200, shown);
  return true;
}
