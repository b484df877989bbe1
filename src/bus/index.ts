/**
 * bus: nodes tell each other, by topic, that something happened, and leave for each other (on the
 * shelf) what would be lost with them. Owns the connection to Redis; refuses to be a queue: whoever
 * needs a fact reads it where it is kept.
 *
 * 1. `publish` never throws and never waits, whatever the state of Redis.
 * 2. A node receives its own messages exactly once, without Redis, each after the code that
 *    published it has returned to the event loop.
 * 3. A message from another node is validated before anyone sees it; an unknown form is dropped and
 *    logged.
 * 4. A Redis that stops answering is noticed within five seconds; reconnecting goes on for ever, at
 *    most two seconds apart.
 * 5. After an outage nothing is guessed: every node that may have missed a message is told to read
 *    the facts again (`onHealed`).
 * 6. What is on the shelf may be gone at any time: Redis is no database.
 */
export { type Bus, openBus } from './bus.ts';
export type { Shelf } from './shelf.ts';
export type { BusTopics } from './topics.ts';
