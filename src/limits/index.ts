/**
 * limits: how many requests a key may make in a minute, and how often credentials may be guessed.
 * Owns the counts of this process, in memory, and of all nodes together, in Redis when there is
 * one; refuses to know what a key is. Only requests of a key with a limit wait, and only for Redis.
 *
 * 1. In any 60 s at most the limit is admitted, and a key below its limit is never refused for
 *    longer than 61 s.
 * 2. A refused request is not counted: retrying does not prolong the refusal.
 * 3. `retryAfterMs` is long enough: after it one request is allowed, unless another one took its
 *    place.
 * 4. Requests of keys and guesses are counted for all nodes together; while Redis is away, by each
 *    node for itself, starting from what it knew, and what it counted alone is not shared later.
 *    Points of document cost are counted per node.
 * 5. Nobody waits for Redis longer than 250 ms, and while it is slow only one a second does.
 */
export { type Attempts, openAttempts } from './attempts.ts';
export { type Limits, openLimits, type RequestLimit } from './limits.ts';
export { RateLimited, type RateLimitScope } from './rate-limited.ts';
export { openSharedMinutes } from './shared-minutes.ts';
