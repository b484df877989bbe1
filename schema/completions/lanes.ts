/** What one of several streams gave. */
export interface Laned<Value> {
  /** Which one, from 0. */
  readonly lane: number;
  readonly value: Value;
}

/** Something that a lane brought: a value, its end, or its failure. */
type Arrival<Value> = { lane: number } & (
  | { readonly result: IteratorResult<Value, unknown> }
  | { readonly thrown: unknown }
);

/**
 * Several streams as one, in the order in which they give. Each is asked for more once what it gave
 * was taken: a slow reader holds one value of each, and a stream that stalls holds nobody up. Ends
 * after all of them.
 */
export async function* merged<Value>(
  lanes: readonly AsyncIterable<Value>[],
): AsyncGenerator<Laned<Value>, void, undefined> {
  const iterators = lanes.map((each) => each[Symbol.asyncIterator]());
  const arrivals: Arrival<Value>[] = [];
  let more = Promise.withResolvers<void>();
  let open = iterators.length;
  const arrive = (arrival: Arrival<Value>) => {
    arrivals.push(arrival);
    more.resolve();
  };
  const ask = (lane: number) => {
    iterators[lane]?.next().then(
      (result) => arrive({ lane, result }),
      (thrown) => arrive({ lane, thrown }),
    );
  };
  for (const lane of iterators.keys()) ask(lane);
  try {
    while (open > 0) {
      const next = arrivals.shift();
      if (!next) {
        await more.promise;
        more = Promise.withResolvers();
      } else if ('thrown' in next) throw next.thrown;
      else if (next.result.done) open--;
      else {
        yield { lane: next.lane, value: next.result.value };
        ask(next.lane);
      }
    }
  } finally {
    for (const iterator of iterators) void iterator.return?.();
  }
}
