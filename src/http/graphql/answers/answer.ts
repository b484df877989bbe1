import { createHash } from 'node:crypto';
import type { ExecutionResult, FormattedExecutionResult } from 'graphql';
import type { Context } from '#schema';
import { type Exchange, sendBytes, sendJson, sendParts } from '../../exchange.ts';
import { withCost } from '../documents/document-limits.ts';
import type { Engine, OperationRequest } from '../engine.ts';
import { type DocumentCost, spendPoints } from '../points.ts';
import type { KeptAnswers } from './kept-answers.ts';

const parameters = new Set(['query', 'documentId', 'variables', 'operationName', 'extensions']);

/** The operation in a body or an address; null when it is not in its usual form. */
export function requestOf(given: unknown): OperationRequest | null {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return null;
  const { query, documentId, variables, operationName, extensions } = given as Loose;
  const named = documentId != null || isObject(extensions)?.['persistedQuery'] != null;
  const usual =
    (typeof query === 'string' || (query == null && named)) &&
    [documentId, operationName].every((text) => text == null || typeof text === 'string') &&
    [variables, extensions].every((object) => object == null || isObject(object)) &&
    Object.keys(given).every((name) => parameters.has(name));
  return usual ? (given as OperationRequest) : null;
}

type Loose = Record<string, unknown>;

const isObject = (value: unknown): Loose | null =>
  typeof value === 'object' && !Array.isArray(value) ? (value as Loose | null) : null;

const preferred = 'application/graphql-response+json';

/** The form that the client takes; null when it wants one that is not made here. */
export function mediaTypeOf(accept: string): string | null {
  if (accept.includes(preferred)) return preferred;
  return /application\/json|application\/\*|\*\/\*/.test(accept) ? 'application/json' : null;
}

const statusOf = (mediaType: string, result: ExecutionResult): number =>
  mediaType === preferred && !('data' in result) ? 400 : 200;

export interface AnswerOptions {
  readonly exchange: Exchange;
  readonly asked: OperationRequest;
  readonly accept: string;
  readonly context: Context;
  readonly engine: Engine;
}

export interface PostOptions extends AnswerOptions {
  /** The body as it came. */
  readonly question: string;
  readonly answers: KeptAnswers;
}

/**
 * Answers a query or mutation as the GraphQL-over-HTTP specification has it; false when the client
 * wants a form that this way does not have.
 */
export async function answerByPost(options: PostOptions): Promise<boolean> {
  const { exchange, asked, context, engine, answers } = options;
  const mediaType = mediaTypeOf(options.accept);
  if (!mediaType) return false;
  const market = context.rooms.catalog.market();
  const operation = engine.prepare(asked, context);
  if (operation.kind === 'subscription') return false;
  const started = operation.run();
  // Several are answered in a turn: one that is here is written before the next one is made.
  const result = started instanceof Promise ? await started : started;
  if ('each' in result) return false;
  if (exchange.response.destroyed) return true;
  const shown = shownOf(result, options);
  const { cost } = operation;
  exchange.response.setHeader('Content-Type', `${mediaType}; charset=utf-8`);
  const status = statusOf(mediaType, result);
  if (!cost) {
    sendJson(exchange.response, status, shown);
    return true;
  }
  const open = JSON.stringify(shown).slice(0, -1);
  // Under the market that it was made of: one that was replaced meanwhile is asked for no more.
  if (!result.errors && operation.kind === 'query' && operation.ofCatalogAlone()) {
    answers.keep(keyOf(options), { open, requested: cost.requested }, market);
  }
  sendParts(exchange.response, status, [open, costMember(cost)]);
  return true;
}

interface Question {
  /** The body as it came. */
  readonly question: string;
  readonly context: Context;
}

/** Without credentials less may be asked for at once. */
const keyOf = ({ question, context }: Question) =>
  context.principal.kind === 'anonymous' ? `anonymous ${question}` : question;

/** Sends what was sent for the same question before; false when there are none. */
export function answerAgain(
  options: Question & Pick<PostOptions, 'exchange' | 'accept' | 'answers'>,
): boolean {
  const { exchange, accept, context, answers } = options;
  const kept = answers.find(keyOf(options), context.rooms.catalog.market());
  const mediaType = mediaTypeOf(accept);
  if (!kept || !mediaType) return false;
  const { cost, refused } = spendPoints(context, kept.requested);
  if (refused) return false;
  exchange.response.setHeader('Content-Type', `${mediaType}; charset=utf-8`);
  sendBytes(exchange.response, 200, [kept.bytes, Buffer.from(costMember(cost))]);
  return true;
}

/** `extensions.cost` as the last member of an answer that is still open. */
export const costMember = ({ requested, limit, remaining, resetAt }: DocumentCost): string =>
  `,"extensions":{"cost":{"requested":${requested},"limit":${limit},"remaining":${remaining},` +
  `"resetAt":"${resetAt.toISOString()}"}}}`;

function shownOf(
  { errors, ...rest }: ExecutionResult,
  { engine, context }: AnswerOptions,
): FormattedExecutionResult {
  const shown = errors ? { errors: engine.present(errors, context), ...rest } : rest;
  return shown as FormattedExecutionResult; // JSON asks each error for its own form
}

/**
 * Answers a query by GET. What a caller without credentials gets is the same for everybody, so it
 * may be kept for a second, and is not sent again to who has it. False when the client wants a form
 * that this way does not have.
 */
export async function answerByGet(options: AnswerOptions): Promise<boolean> {
  const { exchange, asked, context, engine } = options;
  const mediaType = mediaTypeOf(options.accept);
  if (!mediaType) return false;
  const operation = engine.prepare(asked, context);
  if (operation.kind === 'mutation' || operation.kind === 'subscription') return false;
  const result = await operation.run();
  if ('each' in result) return false;
  const { response } = exchange;
  response.setHeader('Content-Type', `${mediaType}; charset=utf-8`);
  const isPublic = context.principal.kind === 'anonymous' && !result.errors;
  const shown = shownOf(result, options);
  const { cost } = operation;
  if (!isPublic || !cost) {
    sendJson(response, statusOf(mediaType, result), cost ? withCost(shown, cost) : shown);
    return true;
  }
  tellLeft(response, cost, context.rooms.clock.now());
  const { requested, limit } = cost;
  const answer = withCost(shown, { requested, limit });
  if (isKept(exchange, JSON.stringify(answer))) response.writeHead(304).end();
  else sendJson(response, 200, answer);
  return true;
}

/** What is left stands beside an answer that others may be given. */
function tellLeft(response: Exchange['response'], cost: DocumentCost, nowMs: number): void {
  const { limit, remaining, resetAt } = cost;
  response.setHeader('RateLimit-Limit', limit);
  response.setHeader('RateLimit-Remaining', remaining);
  response.setHeader('RateLimit-Reset', Math.ceil((resetAt.getTime() - nowMs) / 1_000));
}

/** Lets a public answer be kept; true when the client says that it has this one. */
function isKept({ request, response }: Exchange, text: string): boolean {
  const hash = createHash('sha256').update(text).digest('base64url');
  const tag = `"${hash.slice(0, 22)}"`;
  response.setHeader('ETag', tag);
  response.setHeader('Cache-Control', 'public, max-age=1');
  response.setHeader('Vary', 'Accept, Authorization, Cookie, Origin');
  return request.headers['if-none-match']?.split(/,\s*/).includes(tag) ?? false;
}
