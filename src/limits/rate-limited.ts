import { Fault } from '#kernel';
import type { RequestLimit } from './limits.ts';

/** Whose limit it is. */
export type RateLimitScope = 'PLATFORM' | 'ORGANIZATION' | 'API_KEY' | 'PROVIDER';

const owners: Readonly<Record<RateLimitScope, string>> = {
  PLATFORM: 'this server',
  ORGANIZATION: 'this organization',
  API_KEY: 'this API key',
  PROVIDER: 'the provider',
};

/** Too many requests in a minute; says when the next one is allowed. */
export class RateLimited extends Fault {
  override readonly name = 'RateLimited';
  readonly scope: RateLimitScope;
  readonly limit: Pick<RequestLimit, 'limit' | 'retryAfterMs'>;

  constructor(scope: RateLimitScope, { limit, retryAfterMs }: RateLimited['limit']) {
    const seconds = Math.ceil(retryAfterMs / 1_000);
    super('RATE_LIMITED', {
      public: `The limit of ${owners[scope]} is ${limit} a minute. Try again in ${seconds} s.`,
      retryAfterMs,
    });
    this.scope = scope;
    this.limit = { limit, retryAfterMs };
  }
}
