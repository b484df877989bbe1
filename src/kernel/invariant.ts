/** Thrown when the program itself is wrong. Never caught to go on as if nothing had happened. */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

/** States what cannot be otherwise. The message says which promise would be broken. */
export function invariant(holds: unknown, promise: string): asserts holds {
  if (!holds) throw new InvariantViolation(promise);
}
