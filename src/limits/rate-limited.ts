import { Fault } from '#kernel';
import type { RequestLimit } from './limits.ts';

/** Whose limit it is. */
export type RateLimitScope = 'PLATFORM' | 'ORGANIZATION' | 'API_KEY' | 'PROVIDER';

const owners: Readonly<Record<RateLimitScope, string>> = {
  PLATFORM: 'This server',
  ORGANIZATION: 'This organization',
  API_KEY: 'This API key',
  PROVIDER: 'The provider',
};

/** Too many requests in a minute. */
export class RateLimited extends Fault {
  override readonly name = 'RateLimited';
  readonly scope: RateLimitScope;

  constructor(scope: RateLimitScope, { limit, retryAfterMs }: RequestLimit) {
    const seconds = Math.ceil(retryAfterMs / 1_000);
    super('RATE_LIMITED', {
      public: `${owners[scope]} allows ${limit} requests a minute. Try again in ${seconds} s.`,
      retryAfterMs,
    });
    this.scope = scope;
  }
}
