import type { ExecutionResult, GraphQLError } from 'graphql';

/** What cannot be run, in the form of an operation that can: run, it gives its errors. */
export class RefusedOperation {
  readonly kind = 'refused';
  readonly feed = false;
  readonly endless = false;
  readonly cost = null;
  readonly errors: readonly GraphQLError[];

  constructor(errors: readonly GraphQLError[]) {
    this.errors = errors;
  }

  run(): ExecutionResult {
    return { errors: this.errors };
  }
}
