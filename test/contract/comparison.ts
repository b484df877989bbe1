import {
  astFromValue,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type GraphQLType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isSpecifiedScalarType,
  isUnionType,
  print,
} from 'graphql';
import { sharedFields } from './shared-fields.ts';

/** How a served schema stands to the contract, part by part. */
export interface Comparison {
  /**
   * Coordinates of what is not served: `Type`, `Type.field`, `Type.field(argument:)`, `Enum.VALUE`,
   * `Union | Member`, `Type & Interface`. What belongs to a missing part goes without saying.
   */
  readonly missing: string[];
  /** What is served otherwise than promised, one sentence each. */
  readonly wrong: string[];
}

/**
 * Outputs may be stricter than promised, save root fields and fields that two members of one
 * interface or union share: there a client's selection could no longer be merged. Inputs and
 * defaults are the same. What is served beyond the contract must not be required of a client.
 */
export function compare(contract: GraphQLSchema, served: GraphQLSchema): Comparison {
  const found: Comparison = { missing: [], wrong: [] };
  const exact = sharedFields(contract);
  for (const promised of ownTypes(contract)) {
    const actual = served.getType(promised.name);
    if (!actual) found.missing.push(promised.name);
    else compareTypes(found, exact, [promised, actual]);
  }
  found.missing.sort();
  return found;
}

export function ownTypes(schema: GraphQLSchema): GraphQLNamedType[] {
  return Object.values(schema.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  );
}

type Pair<T> = readonly [promised: T, actual: T];

function compareTypes(
  found: Comparison,
  exact: ReadonlySet<string>,
  [promised, actual]: Pair<GraphQLNamedType>,
): void {
  const { name } = promised;
  if (promised.constructor !== actual.constructor) {
    found.wrong.push(`${name} is another kind of type`);
  } else if (isEnumType(promised) && isEnumType(actual)) {
    const values = new Set(actual.getValues().map((value) => value.name));
    need(found, names(promised.getValues()), (value) => [values.has(value), `${name}.${value}`]);
  } else if (isUnionType(promised) && isUnionType(actual)) {
    const members = new Set(names(actual.getTypes()));
    need(found, names(promised.getTypes()), (each) => [members.has(each), `${name} | ${each}`]);
  } else if (isInputObjectType(promised) && isInputObjectType(actual)) {
    if (promised.isOneOf !== actual.isOneOf) found.wrong.push(`${name} differs in @oneOf`);
    compareInputs(found, (field) => `${name}.${field}`, [
      Object.values(promised.getFields()),
      Object.values(actual.getFields()),
    ]);
  } else if (hasFields(promised) && hasFields(actual)) {
    const held = new Set(names(actual.getInterfaces()));
    need(found, names(promised.getInterfaces()), (each) => [held.has(each), `${name} & ${each}`]);
    compareFields(found, exact, [promised, actual]);
  }
}

const hasFields = (type: GraphQLNamedType) => isObjectType(type) || isInterfaceType(type);
type WithFields = Extract<GraphQLNamedType, { getInterfaces: unknown }>;

function compareFields(
  found: Comparison,
  exact: ReadonlySet<string>,
  [promised, actual]: Pair<WithFields>,
): void {
  const actualFields: Record<string, GraphQLField<unknown, unknown>> = actual.getFields();
  for (const field of Object.values(promised.getFields())) {
    const place = `${promised.name}.${field.name}`;
    const other = actualFields[field.name];
    if (!other) {
      found.missing.push(place);
      continue;
    }
    const fits = exact.has(place) ? same(field.type, other.type) : atLeast(field.type, other.type);
    if (!fits) found.wrong.push(`${place} is ${other.type} instead of ${field.type}`);
    compareInputs(found, (name) => `${place}(${name}:)`, [field.args, other.args]);
  }
}

type Input = GraphQLArgument | GraphQLInputField;

function compareInputs(
  found: Comparison,
  placeOf: (name: string) => string,
  [promised, actual]: Pair<readonly Input[]>,
): void {
  const others = new Map(actual.map((input) => [input.name, input]));
  for (const input of promised) {
    const [place, other] = [placeOf(input.name), others.get(input.name)];
    others.delete(input.name);
    if (!other) found.missing.push(place);
    else if (shown(input) !== shown(other)) {
      found.wrong.push(`${place} is ${shown(other)} instead of ${shown(input)}`);
    }
  }
  for (const { name } of [...others.values()].filter(isRequired)) {
    found.wrong.push(`${placeOf(name)} is required, and no client knows it`);
  }
}

const isRequired = (input: Input) => isRequiredArgument(input) || isRequiredInputField(input);

/** Type and default, as the SDL has them. */
function shown({ type, defaultValue }: Input): string {
  const value = defaultValue === undefined ? null : astFromValue(defaultValue, type);
  return value ? `${type} = ${print(value)}` : `${type}`;
}

const same = (promised: GraphQLType, actual: GraphQLType) => `${promised}` === `${actual}`;

/** The same, or with a null ruled out that was allowed. */
function atLeast(promised: GraphQLType, actual: GraphQLType): boolean {
  if (isNonNullType(promised)) {
    return isNonNullType(actual) && atLeast(promised.ofType, actual.ofType);
  }
  if (isNonNullType(actual)) return atLeast(promised, actual.ofType);
  if (isListType(promised)) return isListType(actual) && atLeast(promised.ofType, actual.ofType);
  return same(promised, actual);
}

const names = (parts: readonly { name: string }[]) => parts.map(({ name }) => name);

function need(
  found: Comparison,
  parts: readonly string[],
  look: (part: string) => readonly [isServed: boolean, place: string],
): void {
  for (const [isServed, place] of parts.map(look)) if (!isServed) found.missing.push(place);
}
