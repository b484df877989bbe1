import { type DocumentNode, type ExecutionResult, GraphQLError, OperationTypeNode } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import { currentOrigin } from '#audit';
import type { Log } from '#kernel';
import { type Context, schema } from '#schema';
import type { Allowance } from '../allowance.ts';
import { spend } from './documents/document-limits.ts';
import { type KnownOperation, openDocuments } from './documents/documents.ts';
import { type DocumentNames, PersistedDocuments } from './documents/persisted-documents.ts';
import { executed } from './execution/compiled-queries.ts';
import { subscribed } from './execution/compiled-subscriptions.ts';
import { inTime } from './execution/in-time.ts';
import { ofCatalog, WatchedContext } from './execution/watched-context.ts';
import { graphiql } from './graphiql.ts';
import type { DocumentCost } from './points.ts';
import { graphqlErrorOf, presentError, presented } from './present-error.ts';
import { RefusedOperation } from './refused-operation.ts';
import { closing, type Results } from './results.ts';

/** One operation as a client sends it, over whatever transport. */
export interface OperationRequest extends DocumentNames {
  readonly variables?: Record<string, unknown> | null | undefined;
  readonly operationName?: string | null | undefined;
}

/** An operation that was read, checked and found within its limits, ready to run. */
export interface Operation {
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly kind: 'query' | 'mutation' | 'subscription';
  /** Its results are the same objects for all who ask the same. */
  readonly feed: boolean;
  /** It goes on until somebody ends it. */
  readonly endless: boolean;
  readonly contextValue: Context;
  /** What it gave so far was made of the catalog alone: `WatchedContext` says how that is known. */
  ofCatalogAlone(): boolean;
  /** What there is at once comes at once. */
  run(): Started | Promise<Started>;
  /** What it cost; null before it was run, and of a subscription, which says it nowhere. */
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
 * Every operation, over whatever transport, is read, checked and run by way of `prepare`. Yoga
 * shows GraphiQL, and says in the specification's words what is wrong with a request that is none.
 */
export function openEngine(options: EngineOptions) {
  const { log, anonymousFeeds } = options;
  const documents = openDocuments();
  const persisted = new PersistedDocuments(options.persistedDocuments);
  const yoga = createYoga<Context>({
    schema,
    graphqlEndpoint: '/graphql',
    plugins: [readsNothing, usePresentedErrors(log)],
    parserAndValidationCache: false,
    maskedErrors: false,
    logging: false,
    landingPage: false,
    healthCheckEndpoint: '/graphql/health',
    multipart: false,
    cors: false,
    maxRequestBodySize: false,
    ...graphiql(options.demoKey),
  });

  /** What is wrong is the caller's to know: it is data, presented, and never thrown. */
  function prepare(request: OperationRequest, context: Context): Operation | RefusedOperation {
    const refused = (errors: readonly GraphQLError[]) =>
      new RefusedOperation(present(errors, context));
    try {
      const { document, errors, operation } = documents(persisted.textOf(request));
      if (errors.length > 0) return refused(errors);
      persisted.keep(request);
      // The empty name is none, as the specification has it.
      const operationName = request.operationName || undefined;
      const asked = operation(operationName);
      if (!asked) return refused([noSuchOperation()]);
      return new Prepared({ request, operationName, document, asked, context, anonymousFeeds });
    } catch (thrown) {
      return refused([graphqlErrorOf(thrown)]);
    }
  }

  const present = (errors: readonly GraphQLError[], { requestId }: Pick<Context, 'requestId'>) =>
    errors.map((error) => withoutHttp(presentError(error, { requestId, log })));

  return { yoga, prepare, present };
}

interface Preparation {
  readonly request: OperationRequest;
  readonly operationName: string | undefined;
  readonly document: DocumentNode;
  readonly asked: KnownOperation;
  readonly context: Context;
  readonly anonymousFeeds: Allowance;
}

/** A subscription is kept for as long as it runs, so it is one object with little in it. */
class Prepared implements Operation {
  readonly contextValue: Context;
  readonly #preparation: Preparation;
  #watched: WatchedContext | null = null;
  cost: DocumentCost | null = null;

  constructor(preparation: Preparation) {
    this.contextValue = preparation.context;
    this.#preparation = preparation;
  }

  get document() {
    return this.#preparation.document;
  }

  get operationName() {
    return this.#preparation.operationName;
  }

  get kind() {
    return this.#preparation.asked.node.operation;
  }

  get feed() {
    return this.#preparation.asked.feed;
  }

  get endless() {
    return this.#preparation.asked.endless;
  }

  ofCatalogAlone(): boolean {
    return this.#watched?.shareable ?? true;
  }

  run(): Started | Promise<Started> {
    const { request, operationName, document, asked, context, anonymousFeeds } = this.#preparation;
    const variableValues = request.variables ?? undefined;
    const args = { schema, document, contextValue: context, variableValues, operationName };
    const { cost, refused } = spend(args);
    if (!isSubscription(asked)) this.cost = cost;
    if (refused) return { errors: [refused] };
    if (!isSubscription(asked)) {
      this.#watched = new WatchedContext(context, ofCatalog);
      const result = executed({ ...args, contextValue: this.#watched }, asked.compiled());
      const waits = this.kind === 'query' && result instanceof Promise;
      return waits ? inTime(result, context.rooms.clock) : result;
    }
    const start = () => subscribed(args, asked.feed);
    return context.principal.kind === 'anonymous' ? allowed(anonymousFeeds, start) : start();
  }
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

const readsNothing: Plugin = {
  onParse() {
    const message = 'Send `query` and `operationName` as strings.';
    throw new GraphQLError(message, { extensions: { code: 'BAD_REQUEST' } });
  },
};

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
  return presented(error, error.message, extensions);
}

function noSuchOperation(): GraphQLError {
  return new GraphQLError('The document has no such operation: name one in `operationName`.', {
    extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
  });
}
