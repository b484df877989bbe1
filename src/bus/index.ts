/**
 * bus: nodes tell each other, by topic, that something happened, and leave for each other what
 * would be gone with them. Owns the connection to Redis over which they do; refuses to be a queue:
 * whoever needs a fact reads it where it is kept.
 *
 * 1. `publish` never throws and never waits, whatever the state of Redis.
 * 2. A node hears its own messages exactly once and without Redis, each after the code that
 *    published it has let go.
 * 3. A message from elsewhere is checked before anyone sees it; one without a known form is dropped
 *    and logged.
 * 4. A server that stops answering is noticed within five seconds; it is dialled again for ever, at
 *    most two seconds apart.
 * 5. Nothing is guessed after an outage: every node that may have missed something is told to look
 *    (`onHealed`).
 * 6. What is on the shelf may be gone at any time: Redis is no database.
 */
export { type Bus, type BusOptions, openBus } from './bus.ts';
export type { Shelf } from './shelf.ts';
export type { BusTopics, Topic } from './topics.ts';
