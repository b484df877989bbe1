import type { Take } from '#kernel';
import type { Results } from './results.ts';

/**
 * Results that go out by `send`; to whoever iterates it, one long wait for the end. graphql-ws
 * makes a message of each result for each operation, and waits several turns for it; here a text
 * that is there already is sent as it stands, on the turn on which it came.
 */
export function pumped<Value>(
  results: Results<Value>,
  send: Take<Value>,
): AsyncGenerator<never, void, undefined> {
  const done = { done: true, value: undefined } as const;
  const leave = async () => {
    results.leave();
    return done;
  };
  return {
    async next() {
      await results.each(send);
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
