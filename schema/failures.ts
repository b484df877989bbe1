import type { Completion } from '#completions';
import { Fault, type FaultCode } from '#kernel';

/**
 * An expected failure as a value of the API. Not an Error itself: whatever resolves to one of those
 * is thrown by every executor.
 */
export class Refusal {
  readonly fault: Fault;
  /** After an attempt was made: the completion that failed. */
  readonly completion: Completion | null;

  constructor(fault: Fault, completion: Completion | null = null) {
    this.fault = fault;
    this.completion = completion;
  }
}

/** A refusal that is known to have come after an attempt. */
export interface Failure extends Refusal {
  readonly completion: Completion;
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

/** The name of the GraphQL type that tells of this refusal as data, or undefined when none does. */
export function errorTypeName({ fault, completion }: Refusal): ErrorTypeName | undefined {
  return completion ? 'CompletionError' : typeByCode[fault.code];
}

/** The failure of an ended completion as its caller is to see it; null when it did not fail. */
export const failureOf = (completion: Completion): Refusal | null =>
  completion.error && told(completion.error, completion);

/**
 * What is wrong with a completion: after an attempt with the completion beside it, before one as
 * the plain refusal that it is.
 */
export function told(error: Fault, completion: Completion): Refusal {
  const plain = new Refusal(error);
  const refused = completion.attempts.length === 0 && errorTypeName(plain) !== undefined;
  return refused ? plain : new Refusal(error, completion);
}

/** Runs a write and hands an expected failure on as data; anything else stays thrown. */
export async function caught<Payload>(write: () => Promise<Payload>): Promise<Payload | Refusal> {
  try {
    return await write();
  } catch (thrown) {
    if (thrown instanceof Fault) return new Refusal(thrown);
    throw thrown;
  }
}
