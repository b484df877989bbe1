import type { ExecutionResult } from 'graphql';

/**
 * Results that go out by `send`, each when the one before is out (a promise says that it is not
 * yet); to whoever iterates it, one long
 * wait for the end. graphql-ws makes a message of each result for each operation; here a text that
 * a thousand operations share is sent as it stands.
 */
export function pumped(
  results: AsyncIterable<ExecutionResult>,
  send: (result: ExecutionResult) => Promise<void> | undefined,
): AsyncGenerator<never, void, undefined> {
  const source = results[Symbol.asyncIterator]();
  const done = { done: true, value: undefined } as const;
  const leave = async () => {
    await source.return?.();
    return done;
  };
  return {
    async next() {
      for (let read = await source.next(); !read.done; read = await source.next()) {
        const sending = send(read.value);
        if (sending) await sending;
      }
      return done;
    },
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
