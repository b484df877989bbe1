import type { ObjectRef } from '@pothos/core';
import { Fault } from '#kernel';
import { builder, type SchemaShape } from './builder.ts';
import { ConflictError, InvalidInputError, NotFoundError, RateLimitedError } from './errors.ts';
import { errorTypeName } from './failures.ts';

type FaultType = ObjectRef<ExtendedShape, Fault>;
type ExtendedShape = PothosSchemaTypes.ExtendDefaultTypes<SchemaShape>;

/** The errors of an ordinary write. */
export const writeErrors = [InvalidInputError, NotFoundError, ConflictError, RateLimitedError];

/**
 * What a mutation answers: its payload, or one of the expected errors as data. A fault whose type is not among
 * `errors` (UNAUTHENTICATED, FORBIDDEN, a fault of our own) is thrown on and becomes a GraphQL error.
 */
export function resultUnion<Payload>(options: {
  name: string;
  payload: ObjectRef<ExtendedShape, Payload>;
  errors?: readonly ObjectRef<ExtendedShape, never>[] | readonly FaultType[];
}) {
  const errors = (options.errors ?? writeErrors) as readonly FaultType[];
  const members = new Set<string>(errors.map((error) => error.name));
  return builder.unionType(options.name, {
    description: `\`${options.payload.name}\`, or what was refused: select \`... on Error\`.`,
    types: [options.payload, ...errors],
    resolveType(value) {
      if (!(value instanceof Fault)) return options.payload.name;
      const name = errorTypeName(value);
      if (name === undefined || !members.has(name)) throw value;
      return name;
    },
  });
}

/** Runs a write and hands an expected failure on as data; anything else stays thrown. */
export async function caught<Payload>(write: () => Promise<Payload>): Promise<Payload | Fault> {
  try {
    return await write();
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown;
    throw thrown;
  }
}
