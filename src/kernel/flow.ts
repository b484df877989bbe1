/** Takes what has come. A promise says that it can take no more until then. */
export type Take<Value> = (value: Value) => Promise<void> | void;

/**
 * Values that come in time. They can be iterated, or handed over on the turn on which they come:
 * then a value costs no promise and no turn of its own, which is most of what a token costs.
 */
export interface Flow<Value> extends AsyncIterable<Value> {
  /**
   * Hands over every value, in order, the next one when the one before is taken. Resolves behind
   * the last one, or when the flow was left; rejects with what its source or `take` threw.
   */
  each(take: Take<Value>): Promise<void>;
  /** Leaves it. A flow without is left by a signal that it was given. */
  return?(): Promise<unknown>;
}

/** A source that can only be iterated. */
export function flowOf<Value>(source: AsyncIterable<Value>): Flow<Value> {
  return {
    [Symbol.asyncIterator]: () => source[Symbol.asyncIterator](),
    async each(take) {
      for await (const value of source) await take(value);
    },
  };
}

/** Hands over what came together, in order. */
export function inOrder<Value>(values: readonly Value[], take: Take<Value>): Promise<void> | void {
  let at = 0;
  for (const value of values) {
    at++;
    const taking = take(value);
    if (taking) return taking.then(() => inOrder(values.slice(at), take));
  }
}

/** A source that can only hand over. */
export function handedOver<Value>(each: Flow<Value>['each']): Flow<Value> {
  return { each, [Symbol.asyncIterator]: () => pulled(each) };
}

/** Each one is taken when whoever iterates comes back for the next. */
async function* pulled<Value>(each: Flow<Value>['each']) {
  let more = Promise.withResolvers<void>();
  let used = Promise.withResolvers<void>();
  const given: Value[] = [];
  let over = false;
  const taking = each((value) => {
    used = Promise.withResolvers();
    given.push(value);
    more.resolve();
    return used.promise;
  }).finally(() => {
    over = true;
    more.resolve();
  });
  taking.catch(() => undefined); // told below
  for (;;) {
    await more.promise;
    more = Promise.withResolvers();
    for (const value of given.splice(0)) yield value;
    if (over) return taking;
    used.resolve();
  }
}
