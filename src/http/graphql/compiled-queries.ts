import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  getOperationAST,
  getVariableValues,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit';
import { schema } from '#schema';

export type CompiledQueryFunction = CompiledQuery['query'];

/** Null: it is no query (what changes something is not hot), or it cannot be compiled. */
export function compiledQuery(
  document: DocumentNode,
  { operation, name }: OperationDefinitionNode,
): CompiledQueryFunction | null {
  if (operation !== OperationTypeNode.QUERY) return null;
  const compiled = compileQuery(schema, document, name?.value);
  return isCompiledQuery(compiled) ? compiled.query : null;
}

/**
 * Answers a query or mutation, at once where nothing has to be waited for. Compiled code answers
 * like the ordinary execution but for its errors, which know neither the place in the document nor
 * graphql-js' words: a query that met one is answered anew, since reading twice changes nothing.
 */
export function executed(
  args: ExecutionArgs,
  compiled: CompiledQueryFunction | null,
): ExecutionResult | Promise<ExecutionResult> {
  if (!compiled || !fits(args)) return interpreted(args);
  const result = compiled(args.rootValue, args.contextValue, { ...args.variableValues });
  return result instanceof Promise
    ? result.then((settled) => withoutErrors(settled, args))
    : withoutErrors(result, args);
}

function withoutErrors(result: ExecutionResult, args: ExecutionArgs) {
  return result.errors ? interpreted(args) : result;
}

const interpreted = (args: ExecutionArgs) =>
  execute(args) as ExecutionResult | Promise<ExecutionResult>;

/** Compiled code does not know of `@oneOf`, so graphql-js looks at the variables first. */
function fits({ schema, document, operationName, variableValues }: ExecutionArgs): boolean {
  const definitions = getOperationAST(document, operationName)?.variableDefinitions ?? [];
  return !getVariableValues(schema, definitions, variableValues ?? {}).errors;
}
