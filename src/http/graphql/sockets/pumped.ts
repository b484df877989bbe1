import type { Take } from '#kernel';
import type { Results } from '../results.ts';

const done = { done: true, value: undefined } as const;

/**
 * Results that go out by `send`; to whoever iterates it, one long wait for the end. graphql-ws
 * makes a message of each result for each operation, and waits several turns for it; here a text
 * that is there already is sent as it stands, on the turn on which it came.
 */
export class Pumped<Value> implements AsyncGenerator<never, void, undefined> {
  readonly #results: Results<Value>;
  readonly #send: Take<Value>;

  constructor(results: Results<Value>, send: Take<Value>) {
    this.#results = results;
    this.#send = send;
  }

  next() {
    return this.#results.each(this.#send).then(() => done);
  }

  return() {
    this.#results.leave();
    return Promise.resolve(done);
  }

  throw() {
    return this.return();
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  async [Symbol.asyncDispose]() {
    this.#results.leave();
  }
}
