/**
 * limits: how many requests a key may make in a minute, and how often somebody may guess. Owns the
 * counts of this process, in memory, and of all nodes together, in Redis when there is one; refuses
 * to know what a key is. Only who has a key with a limit waits, and only for Redis.
 *
 * 1. In any 60 s at most the limit is admitted, and a key below its limit is never refused for
 *    longer than 61 s.
 * 2. A refused request is not counted: who keeps asking is not kept out by asking.
 * 3. What `retryAfterMs` says is enough: after it one request is allowed, unless others took it.
 * 4. Requests of keys and guesses are counted for all nodes together; while Redis is away, by each
 *    node for itself, from what it knew, and what it counted alone is told to nobody. Points of
 *    document cost are each node's own.
 */
export { type Attempts, type AttemptsOptions, type Guess, openAttempts } from './attempts.ts';
export { type Limits, openLimits, type RequestLimit } from './limits.ts';
export { RateLimited, type RateLimitScope } from './rate-limited.ts';
export { openSharedMinutes } from './shared-minutes.ts';
