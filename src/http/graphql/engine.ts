import { type ExecutionArgs, type ExecutionResult, GraphQLError, OperationTypeNode } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import { currentOrigin } from '#audit';
import type { Log } from '#kernel';
import { type Context, schema } from '#schema';
import type { Allowance } from '../allowance.ts';
import { executed } from './compiled-queries.ts';
import { subscribed } from './compiled-subscriptions.ts';
import { spend, useDocumentLimits } from './document-limits.ts';
import { type KnownOperation, openDocuments } from './documents.ts';
import { graphiql } from './graphiql.ts';
import { type DocumentNames, PersistedDocuments } from './persisted-documents.ts';
import type { DocumentCost } from './points.ts';
import { graphqlErrorOf, presentError } from './present-error.ts';
import { closing, type Results } from './results.ts';
import { WatchedContext } from './watched-context.ts';

/** One operation as a client sends it, over whatever transport. */
export interface OperationRequest extends DocumentNames {
  readonly variables?: Record<string, unknown> | null | undefined;
  readonly operationName?: string | null | undefined;
}

/** An operation that was read, checked and found within its limits, ready to run. */
export interface Operation extends ExecutionArgs {
  readonly kind: 'query' | 'mutation' | 'subscription';
  /** Its results are the same objects for all who ask the same. */
  readonly feed: boolean;
  readonly contextValue: Context;
  /** What it gave so far was made of the catalog alone: `WatchedContext` says how that is known. */
  ofCatalogAlone(): boolean;
  run(): Promise<ExecutionResult | Results>;
  /** What it cost; null before it was run. */
  readonly cost: DocumentCost | null;
}

export type Engine = ReturnType<typeof openEngine>;

export interface EngineOptions {
  readonly log: Log;
  readonly demoKey: string | null;
  /** Documents that may be named by their SHA-256 without having been sent: hash in hex to text. */
  readonly persistedDocuments: ReadonlyMap<string, string>;
  /** Subscriptions that run without credentials, by network address. */
  readonly anonymousFeeds: Allowance;
}

/**
 * GraphQL over HTTP as the specification has it, and, for the transports that do not go through it,
 * the same parsing, checking and running: `prepare`.
 */
export function openEngine(options: EngineOptions) {
  const { log, anonymousFeeds } = options;
  const documents = openDocuments();
  const persisted = new PersistedDocuments(options.persistedDocuments);
  const yoga = createYoga<Context>({
    schema,
    graphqlEndpoint: '/graphql',
    plugins: [useDocumentLimits(), usePresentedErrors(log)],
    maskedErrors: false,
    logging: false,
    landingPage: false,
    healthCheckEndpoint: '/graphql/health',
    multipart: false,
    cors: false,
    maxRequestBodySize: false,
    ...graphiql(options.demoKey),
  });

  /** Errors are the caller's, presented; they are data, never thrown. */
  function prepare(
    request: OperationRequest,
    context: Context,
  ): Operation | readonly GraphQLError[] {
    try {
      const { document, errors, operation } = documents(persisted.textOf(request));
      if (errors.length > 0) return present(errors, context);
      persisted.keep(request);
      const asked = operation(request.operationName);
      if (!asked) return present([noSuchOperation()], context);
      const args = {
        schema,
        document,
        contextValue: context,
        variableValues: request.variables ?? undefined,
        operationName: request.operationName ?? undefined,
      };
      const seen = new WatchedContext(context);
      const prepared = {
        ...args,
        kind: asked.node.operation,
        feed: asked.feed,
        ofCatalogAlone: () => seen.ofCatalogAlone,
        cost: null as DocumentCost | null,
        async run() {
          const { cost, refused } = spend(args);
          prepared.cost = cost;
          if (refused) return { errors: [refused] };
          const start = () => started({ ...args, contextValue: seen }, asked);
          const feeds = context.principal.kind === 'anonymous' ? anonymousFeeds : null;
          return feeds && isSubscription(asked) ? allowed(feeds, start) : start();
        },
      };
      return prepared;
    } catch (thrown) {
      return present([graphqlErrorOf(thrown)], context);
    }
  }

  const present = (errors: readonly GraphQLError[], { requestId }: Pick<Context, 'requestId'>) =>
    errors.map((error) => withoutHttp(presentError(error, { requestId, log })));

  return { yoga, prepare, present };
}

type Started = ExecutionResult | Results;

const isSubscription = ({ node }: KnownOperation) =>
  node.operation === OperationTypeNode.SUBSCRIPTION;

/** Who is nobody shares what one network address may have running at once. */
async function allowed(
  feeds: Allowance,
  start: () => Started | Promise<Started>,
): Promise<Started> {
  const giveBack = feeds.take(currentOrigin().address ?? '');
  if (!giveBack) return { errors: [tooManyFeeds(feeds.most)] };
  try {
    const result = await start();
    if ('each' in result) return closing(result, giveBack);
    giveBack();
    return result;
  } catch (thrown) {
    giveBack();
    throw thrown;
  }
}

function tooManyFeeds(most: number): GraphQLError {
  const message =
    `Without credentials ${most} subscriptions may run at once from one address. End one, or ` +
    'send an API key.';
  return new GraphQLError(message, { extensions: { code: 'RATE_LIMITED', limit: most } });
}

function started(args: ContextualArgs, asked: KnownOperation) {
  return isSubscription(asked) ? subscribed(args, asked.feed) : executed(args, asked.compiled());
}

interface ContextualArgs extends ExecutionArgs {
  readonly contextValue: Context;
}

/** Presents the errors of what goes out through Yoga, those included that it finds in requests. */
function usePresentedErrors(log: Log): Plugin<Context> {
  return {
    onResultProcess({ result, setResult, serverContext }) {
      if (!result || Array.isArray(result) || Symbol.asyncIterator in result) return;
      const { requestId } = serverContext as unknown as Context; // given by the handler
      if (!result.errors) return;
      const errors = result.errors.map((error) =>
        presentError(malformed(graphqlErrorOf(error)), { requestId, log }),
      );
      setResult({ ...result, errors });
    },
  };
}

/**
 * Yoga answers a request that is none with 200 where the client takes plain JSON alone, unless the
 * error still carries what its parser said. The specification asks for 400.
 */
function malformed(error: GraphQLError): GraphQLError {
  if (error.extensions['code'] !== 'BAD_REQUEST') return error;
  const { originalError: _, http, ...extensions } = error.extensions;
  const status = { status: 400, ...(http as object | undefined), spec: false }; // Yoga's own form
  return new GraphQLError(error.message, { extensions: { ...extensions, http: status } });
}

/** What steers the HTTP status is of no use elsewhere. */
function withoutHttp(error: GraphQLError): GraphQLError {
  const { http: _, ...extensions } = error.extensions;
  const { message, nodes, source, positions, path } = error;
  return new GraphQLError(message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    path: path ?? null,
    extensions,
  });
}

function noSuchOperation(): GraphQLError {
  return new GraphQLError('The document has no such operation: name one in `operationName`.', {
    extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
  });
}
