import type { ObjectRef } from '@pothos/core';
import { builder, type SchemaShape } from './builder.ts';
import { ConflictError, InvalidInputError, NotFoundError, RateLimitedError } from './errors.ts';
import { errorTypeName, Refusal } from './failures.ts';

type ErrorType = ObjectRef<ExtendedShape, Refusal>;
type ExtendedShape = PothosSchemaTypes.ExtendDefaultTypes<SchemaShape>;

/** The errors of an ordinary write. */
export const writeErrors = [InvalidInputError, NotFoundError, ConflictError, RateLimitedError];

/**
 * What a mutation answers: its payload, or one of the expected errors as data. A fault whose type
 * is not among `errors` (UNAUTHENTICATED, FORBIDDEN, a fault of our own) is thrown on and becomes a
 * GraphQL error.
 */
export function resultUnion<Payload>(options: {
  name: string;
  payload: ObjectRef<ExtendedShape, Payload>;
  errors?: readonly ObjectRef<ExtendedShape, never>[] | readonly ErrorType[];
}) {
  const errors = (options.errors ?? writeErrors) as readonly ErrorType[];
  const members = new Set<string>(errors.map((error) => error.name));
  return builder.unionType(options.name, {
    description: `\`${options.payload.name}\`, or what was refused: select \`... on Error\`.`,
    types: [options.payload, ...errors],
    resolveType(value) {
      if (!(value instanceof Refusal)) return options.payload.name;
      const name = errorTypeName(value);
      if (name === undefined || !members.has(name)) throw value.fault;
      return name;
    },
  });
}
