/**
 * An iterator that ends at once when it is returned. A generator that waits for its source cannot
 * be returned: the request to end queues up behind the value that never comes. Here `return` calls
 * `end` first, so that the source lets go, answers the pending `next` as done, and does not wait
 * for the inner one to finish. `end` is called once, also when the source comes to its own end.
 */
export function closing<Value>(
  source: AsyncIterable<Value>,
  end: () => void,
): AsyncGenerator<Value, void, undefined> {
  const inner = source[Symbol.asyncIterator]();
  let ended = false;
  let release: (done: IteratorResult<Value, void>) => void = () => {};
  const done: IteratorResult<Value, void> = { done: true, value: undefined };

  const finish = () => {
    if (ended) return false;
    ended = true;
    end();
    release(done);
    return true;
  };
  const leave = async () => {
    // What the source still throws on its way out, nobody waits for.
    if (finish()) inner.return?.()?.then(undefined, () => {});
    return done;
  };
  return {
    next: () =>
      new Promise((resolve, reject) => {
        if (ended) return resolve(done);
        release = resolve;
        inner.next().then(
          (result) => {
            if (result.done) finish();
            resolve(result);
          },
          (thrown) => {
            // Before it is finished, which answers a `next` that has no answer yet.
            reject(thrown);
            finish();
          },
        );
      }),
    return: leave,
    throw: leave,
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await leave();
    },
  };
}
