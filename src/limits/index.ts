/**
 * limits: how many requests a key may make in a minute. Owns the counts of this process, in memory;
 * refuses to know what a key is or to wait for anybody.
 *
 * 1. In any 60 s at most the limit is admitted, and a key below its limit is never refused for
 *    longer than 61 s.
 * 2. A refused request is not counted: who keeps asking is not kept out by asking.
 * 3. What `retryAfterMs` says is enough: after it one request is allowed, unless others took it.
 */
export { type Limits, openLimits, type RequestLimit } from './limits.ts';
export { RateLimited, type RateLimitScope } from './rate-limited.ts';
