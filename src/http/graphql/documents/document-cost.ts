import { complexityFromQuery } from '@pothos/plugin-complexity';
import {
  type ArgumentNode,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { Context } from '#schema';

export interface CostArgs {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variableValues?: { readonly [variable: string]: unknown } | null | undefined;
  readonly contextValue: Context;
}

/**
 * What the operation that runs costs, in points. Where no variable has a say in it, it is reckoned
 * once for as long as the document is in use. Variables that have, and do not fit, cost nothing:
 * they are refused next.
 */
export function costOf(args: CostArgs): number {
  const operation = getOperationAST(args.document, args.operationName);
  if (!operation) return 0;
  const fixed = known.get(operation) ?? fixedCost(args, operation);
  known.set(operation, fixed);
  return fixed === 'by its variables' ? reckoned(args, operation) : fixed;
}

type FixedCost = number | 'by its variables';

const known = new WeakMap<OperationDefinitionNode, FixedCost>();

function fixedCost(args: CostArgs, operation: OperationDefinitionNode): FixedCost {
  if (hangsOnVariables(args.schema, alone(args.document, operation))) return 'by its variables';
  const withoutVariables = { ...operation, variableDefinitions: [] };
  return reckoned({ ...args, variableValues: {} }, withoutVariables);
}

/** Whether an argument by which a field costs, such as the length of a page, takes a variable. */
function hangsOnVariables(schema: GraphQLSchema, document: DocumentNode): boolean {
  const types = new TypeInfo(schema);
  let hangs = false;
  const look = visitWithTypeInfo(types, {
    Field(node) {
      const complexity = types.getFieldDef()?.extensions['complexity'];
      if (typeof complexity !== 'function') return;
      const looksAt = argumentsOf(complexity as Complexity);
      hangs ||= (node.arguments ?? []).some((one) => looksAt(one.name.value) && takesVariable(one));
    },
  });
  visit(document, look);
  return hangs;
}

type Complexity = (given: Readonly<Record<string, unknown>>) => unknown;

/** Which arguments a cost is reckoned by, seen by asking it; all, where it cannot do without. */
function argumentsOf(complexity: Complexity): (name: string) => boolean {
  const seen = new Set<string | symbol>();
  const nothing = new Proxy({}, { get: (_, name) => void seen.add(name) });
  try {
    complexity(nothing);
    return (name) => seen.has(name);
  } catch {
    return () => true;
  }
}

function takesVariable({ value }: ArgumentNode): boolean {
  let takes = false;
  visit(value, {
    Variable() {
      takes = true;
    },
  });
  return takes;
}

function reckoned(args: CostArgs, operation: OperationDefinitionNode): number {
  const { schema, document, variableValues, contextValue } = args;
  try {
    const { complexity } = complexityFromQuery(alone(document, operation), {
      schema,
      ctx: contextValue,
      variables: { ...variableValues },
    });
    return complexity;
  } catch (thrown) {
    if (thrown instanceof GraphQLError) return 0;
    throw thrown;
  }
}

/**
 * The document without its other operations: the cheap one before it does not count in its place.
 */
function alone(document: DocumentNode, operation: OperationDefinitionNode): DocumentNode {
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  return { ...document, definitions: [operation, ...fragments] };
}
