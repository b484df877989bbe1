import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  getNamedType,
  getOperationAST,
  getVariableValues,
  isInputObjectType,
  isNonNullType,
  type OperationDefinitionNode,
  OperationTypeNode,
  TypeInfo,
  typeFromAST,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit';
import { schema } from '#schema';

/** Compiled code, and whether its variables have to be looked at before. */
export interface CheckedQuery {
  readonly query: CompiledQuery['query'];
  readonly takesOneOf: boolean;
}

/**
 * Values of GraphQL's own scalars and of enums go out as resolvers gave them: their types were
 * checked with the code, and a value of an enum is its name. Each would cost two lists that tell
 * where it stands, in case it is wrong.
 */
export const compiling = { disableLeafSerialization: true };

/**
 * Null: it is no query (what changes something is not hot), or it cannot be compiled: graphql-jit
 * reads `{ a: $b }` given for a scalar, as for JSON, without the variable, and lets null from a
 * variable stand in an input object where a default is and null may not be.
 */
export function compiledQuery(
  document: DocumentNode,
  node: OperationDefinitionNode,
): CheckedQuery | null {
  if (node.operation !== OperationTypeNode.QUERY || hasMisreadVariable(document)) return null;
  const compiled = compileQuery(schema, document, node.name?.value, compiling);
  if (!isCompiledQuery(compiled)) return null;
  return { query: compiled.query, takesOneOf: takesOneOf(node) };
}

function takesOneOf({ variableDefinitions = [] }: OperationDefinitionNode): boolean {
  const seen = new Set<unknown>();
  const leadsToOneOf = (type: unknown): boolean => {
    if (!isInputObjectType(type) || seen.has(type)) return false;
    seen.add(type);
    const fields = Object.values(type.getFields());
    return type.isOneOf || fields.some((field) => leadsToOneOf(getNamedType(field.type)));
  };
  return variableDefinitions.some(({ type }) =>
    leadsToOneOf(getNamedType(typeFromAST(schema, type))),
  );
}

/** Inside of a scalar's literal the schema knows no type. */
function hasMisreadVariable(document: DocumentNode): boolean {
  const types = new TypeInfo(schema);
  let found = false;
  const look = {
    VariableDefinition: () => false,
    Variable() {
      const type = types.getInputType();
      const mayLack = isNonNullType(type) && types.getDefaultValue() !== undefined;
      found ||= !type || (mayLack && Boolean(types.getParentInputType()));
    },
  };
  visit(document, visitWithTypeInfo(types, look));
  return found;
}

/**
 * Answers a query or mutation, at once where nothing has to be waited for. Compiled code answers
 * like the ordinary execution but for its errors, which know neither the place in the document nor
 * graphql-js' words: a query that met one is answered anew, since reading twice changes nothing.
 */
export function executed(
  args: ExecutionArgs,
  compiled: CheckedQuery | null,
): ExecutionResult | Promise<ExecutionResult> {
  if (!compiled || (compiled.takesOneOf && !fits(args))) return interpreted(args);
  const result = compiled.query(args.rootValue, args.contextValue, { ...args.variableValues });
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
