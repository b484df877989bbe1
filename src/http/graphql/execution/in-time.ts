import type { ExecutionResult } from 'graphql';
import { type Clock, Fault } from '#kernel';
import { graphqlErrorOf } from '../present-error.ts';

/** Longer than any statement may take, and shorter than proxies wait for an answer. */
const queryMsMax = 20_000;

/**
 * Each statement of a query has its own limit, but there may be many, one after the other: of a
 * database that is slow without being away the caller would wait for their sum. A mutation waits
 * for its end, since a caller who heard nothing of it would not know what it did.
 */
export function inTime(result: Promise<ExecutionResult>, clock: Clock): Promise<ExecutionResult> {
  return new Promise((resolve, reject) => {
    const late = () => resolve({ data: null, errors: [graphqlErrorOf(tooSlow())] });
    const timer = clock.after(queryMsMax, late);
    result.then(resolve, reject).finally(() => timer.cancel());
  });
}

const tooSlow = () =>
  new Fault('UNAVAILABLE', {
    public:
      `The query has taken longer than ${queryMsMax / 1_000} s. Try again shortly, or ask for ` +
      'less at once.',
    retryAfterMs: 1_000,
  });
