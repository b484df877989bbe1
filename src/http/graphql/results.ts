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
  if ('each' in source) return new Source(source);
  const values = source[Symbol.asyncIterator]();
  const iterable = { [Symbol.asyncIterator]: () => values };
  return new Source({ ...flowOf(iterable), return: async () => values.return?.() });
}

/** Here and below no closures, of which a node with ten thousand followers keeps all. */
class Source<Value> implements Results<Value> {
  readonly #flow: Flow<Value>;

  constructor(flow: Flow<Value>) {
    this.#flow = flow;
  }

  each(take: Take<Value>): Promise<void> {
    return this.#flow.each(take);
  }

  leave(): void {
    // What it still throws on its way out, nobody waits for.
    this.#flow.return?.().catch(() => {});
  }
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
export const closing = <Value>(source: Results<Value>, end: () => void): Results<Value> =>
  new Closing(source, end);

class Closing<Value> implements Results<Value> {
  readonly #source: Results<Value>;
  /** Null when it was called. */
  #end: (() => void) | null;
  readonly #over = Promise.withResolvers<void>();

  constructor(source: Results<Value>, end: () => void) {
    this.#source = source;
    this.#end = end;
  }

  each(take: Take<Value>): Promise<void> {
    if (!this.#end) return Promise.resolve();
    const still: Take<Value> = (value) => (this.#end ? take(value) : undefined);
    this.#source.each(still).then(
      () => {
        this.#finish();
        this.#over.resolve();
      },
      (thrown) => {
        this.#finish();
        this.#over.reject(thrown);
      },
    );
    return this.#over.promise;
  }

  leave(): void {
    if (!this.#end) return;
    this.#finish();
    this.#over.resolve();
    this.#source.leave();
  }

  #finish(): void {
    this.#end?.();
    this.#end = null;
  }
}
