import type { ExecutionResult } from 'graphql';
import { type Flow, flowOf, type Take } from '#kernel';

/** A result, or its JSON where that is known without one. */
export type Result = ExecutionResult | string;

/** What a subscription gives, handed over as it comes, until its end or until somebody leaves. */
export interface Results<Value = Result> {
  /** Once. Resolves at the end, or as soon as it was left: nothing is handed over after that. */
  each(take: Take<Value>): Promise<void>;
  /** Lets the source go, whatever it is waiting for. Safe to call twice. */
  leave(): void;
}

/** Those of a source as it is: one that is left by its signal, or one that can be returned. */
export function resultsOf<Value>(source: AsyncIterable<Value> | Flow<Value>): Results<Value> {
  if ('each' in source) return { each: (take) => source.each(take), leave: () => {} };
  const values = source[Symbol.asyncIterator]();
  return {
    each: (take) => flowOf({ [Symbol.asyncIterator]: () => values }).each(take),
    leave: () => {
      // What it still throws on its way out, nobody waits for.
      values.return?.()?.then(undefined, () => {});
    },
  };
}

/** A subscription that has one result. */
export const alone = <Value>(value: Value): Results<Value> => ({
  each: async (take) => take(value),
  leave: () => {},
});

/**
 * The same results, with an end. A generator that waits for its source cannot be returned: the
 * request to end queues up behind the value that never comes. Here `leave` calls `end` first, so
 * that the source lets go, answers `each`, and does not wait for the source to finish. `end` is
 * called once, also when the source comes to its own end.
 */
export function closing<Value>(source: Results<Value>, end: () => void): Results<Value> {
  const left = Promise.withResolvers<void>();
  let ended = false;
  const finish = () => {
    if (ended) return;
    ended = true;
    end();
  };
  return {
    async each(take) {
      if (ended) return;
      try {
        await Promise.race([
          source.each((value) => (ended ? undefined : take(value))),
          left.promise,
        ]);
      } finally {
        finish();
      }
    },
    leave() {
      if (ended) return;
      finish();
      left.resolve();
      source.leave();
    },
  };
}
