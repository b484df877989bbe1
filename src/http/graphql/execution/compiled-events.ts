import {
  type DocumentNode,
  GraphQLObjectType,
  GraphQLSchema,
  isObjectType,
  Kind,
  OperationTypeNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit';
import { schema } from '#schema';
import { compiling } from './compiled-queries.ts';
import { DeltaTexts } from './delta-texts.ts';

/** What a subscription selects of an event, as compiled code. */
export interface EventQuery {
  readonly query: CompiledQuery['query'];
  /** Those that the selection on an event still uses. */
  readonly variables: ReadonlySet<string>;
  readonly texts: DeltaTexts;
}

const root = schema.getSubscriptionType();

/** The subscription's root as a query: each field takes an event as it is and no argument. */
const eventSchema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Subscription',
    fields: Object.fromEntries(
      Object.values(root?.getFields() ?? {}).map(({ name, type }) => [
        name,
        { type, resolve: (event: unknown) => event },
      ]),
    ),
  }),
  types: Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && type !== root),
});

/** Null: it cannot be compiled. */
export function compileEvents(
  document: DocumentNode,
  operationName: string | null | undefined,
): EventQuery | null {
  const used = new Set<string>();
  const types = new TypeInfo(schema);
  const bare = visit(
    document,
    visitWithTypeInfo(types, {
      Field: (field) => (types.getParentType() === root ? { ...field, arguments: [] } : undefined),
    }),
  );
  visit(bare, {
    VariableDefinition: () => false,
    Variable({ name }) {
      used.add(name.value);
    },
  });
  const definitions = bare.definitions.map((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION
      ? {
          ...definition,
          operation: OperationTypeNode.QUERY,
          variableDefinitions: (definition.variableDefinitions ?? []).filter(({ variable }) =>
            used.has(variable.name.value),
          ),
        }
      : definition,
  );
  const events = { ...bare, definitions };
  const compiled = compileQuery(eventSchema, events, operationName ?? undefined, compiling);
  return isCompiledQuery(compiled)
    ? { query: compiled.query, variables: used, texts: new DeltaTexts() }
    : null;
}
