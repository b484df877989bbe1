import type { Completion } from '#completions';
import { Fault, type FaultCode } from '#kernel';

/** The failure of a completion after an attempt was made, together with what is known of it. */
export class CompletionFailure extends Fault {
  override readonly name = 'CompletionFailure';
  readonly completion: Completion;

  constructor(fault: Fault, completion: Completion) {
    super(fault.code, {
      public: fault.public,
      retryable: fault.retryable,
      ...(fault.retryAfterMs === undefined ? {} : { retryAfterMs: fault.retryAfterMs }),
      cause: fault,
    });
    this.completion = completion;
  }
}

export type ErrorTypeName =
  | 'InvalidInputError'
  | 'NotFoundError'
  | 'ConflictError'
  | 'InsufficientCreditsError'
  | 'RateLimitedError'
  | 'NoEndpointAvailableError'
  | 'UnavailableError'
  | 'CompletionError';

/** The type that tells of a refusal; the codes that are missing here stay GraphQL errors. */
const typeByCode: Partial<Record<FaultCode, ErrorTypeName>> = {
  INVALID_INPUT: 'InvalidInputError',
  NOT_FOUND: 'NotFoundError',
  MODEL_NOT_FOUND: 'NotFoundError',
  CONFLICT: 'ConflictError',
  INSUFFICIENT_CREDITS: 'InsufficientCreditsError',
  LIMIT_EXCEEDED: 'InsufficientCreditsError',
  RATE_LIMITED: 'RateLimitedError',
  NO_ENDPOINT_AVAILABLE: 'NoEndpointAvailableError',
  POLICY_VIOLATION: 'NoEndpointAvailableError',
  CONTEXT_LENGTH_EXCEEDED: 'NoEndpointAvailableError',
  UNAVAILABLE: 'UnavailableError',
};

/** The name of the GraphQL type that tells of this fault as data, or undefined when none does. */
export function errorTypeName(fault: Fault): ErrorTypeName | undefined {
  return fault instanceof CompletionFailure ? 'CompletionError' : typeByCode[fault.code];
}

/**
 * The failure of an ended completion as its caller is to see it: after an attempt with the completion beside it, before
 * one as the plain refusal that it is.
 */
export function failureOf(completion: Completion): Fault | null {
  const { error } = completion;
  if (!error) return null;
  const refused = completion.attempts.length === 0 && errorTypeName(error) !== undefined;
  return refused ? error : new CompletionFailure(error, completion);
}
