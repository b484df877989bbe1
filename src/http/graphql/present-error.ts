import { GraphQLError, Kind } from 'graphql';
import { Fault, InvalidInput, type Log, shortened } from '#kernel';

/** For whom an error is presented, and where it is noted. */
export interface Presentation {
  readonly requestId: string;
  readonly log: Log;
}

/**
 * An error as callers may see it: a fault with its public sentence and its code, a mistake in the
 * document as it is, and everything else masked, with the request id under which it was logged.
 */
export function presentError(error: GraphQLError, to: Presentation): GraphQLError {
  const cause = causeOf(error);
  if (cause instanceof Fault && cause.code !== 'INTERNAL') {
    return presented(error, cause.public, { ...faultExtensions(cause), requestId: to.requestId });
  }
  if (cause === null && (error.extensions['code'] || !error.path || isOfArgument(error))) {
    const { unexpected: _, ...extensions } = error.extensions;
    const code = codes[String(extensions['code'])] ?? extensions['code'] ?? usualCode(error);
    const message = shortened(error.message);
    return presented(error, message, { ...extensions, code, requestId: to.requestId });
  }
  to.log.error('an operation failed', { requestId: to.requestId, error: cause ?? error });
  const message = `Something failed on our side. Report it with the request id ${to.requestId}.`;
  return presented(error, message, { code: 'INTERNAL_SERVER_ERROR', requestId: to.requestId });
}

/**
 * What is wrong with a value that a field was given stands at that value, such as null from a
 * variable for an argument that has a default; what a field gave back stands at the field.
 */
const isOfArgument = ({ nodes }: GraphQLError): boolean =>
  nodes?.[0] !== undefined && nodes[0].kind !== Kind.FIELD;

const usualCode = ({ message }: GraphQLError) =>
  message.startsWith('Syntax Error') ? 'GRAPHQL_PARSE_FAILED' : 'INVALID_INPUT';

/** Codes of the library that the contract calls otherwise. */
const codes: Readonly<Record<string, string>> = {
  BAD_REQUEST: 'INVALID_INPUT',
  OPERATION_RESOLUTION_FAILURE: 'GRAPHQL_VALIDATION_FAILED',
};

/**
 * What was really thrown: graphql-js and its executors wrap it, at times more than once; null: by
 * GraphQL itself.
 */
function causeOf(error: GraphQLError): Error | null {
  let cause: unknown = error.originalError;
  while (cause instanceof GraphQLError) cause = cause.originalError;
  return (cause as Error | undefined) ?? null;
}

function faultExtensions(fault: Fault): Record<string, unknown> {
  return {
    code: fault.code,
    ...(fault.retryAfterMs === undefined ? {} : { retryAfterMs: fault.retryAfterMs }),
    ...(fault instanceof InvalidInput ? { path: fault.issues[0]?.path.split('.') } : {}),
  };
}

/** The same at its place, in other words. */
export function presented(
  error: GraphQLError,
  message: string,
  extensions: Record<string, unknown>,
): GraphQLError {
  const { nodes, source, positions, path } = error;
  return new GraphQLError(message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    path: path ?? null,
    extensions,
  });
}

/** What was thrown outside of any field, in the form of all other errors. */
export function graphqlErrorOf(thrown: unknown): GraphQLError {
  if (thrown instanceof GraphQLError) return thrown;
  const originalError = thrown instanceof Error ? thrown : Fault.from(thrown);
  return new GraphQLError(originalError.message, { originalError });
}
