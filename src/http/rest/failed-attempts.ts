import type { Market } from '#catalog';
import type { Completion } from '#completions';

/** What callers are told of the attempts of a completion that failed. */
export interface FailedAttempts {
  /** Of the endpoint that was tried last; null when none was. */
  readonly providerName: string | null;
  readonly isByok: boolean;
  readonly previous: readonly {
    readonly provider: string | null;
    readonly code: string;
    readonly status: number | null;
    readonly message: string | null;
  }[];
}

export function failedAttempts(completion: Completion, market: Market): FailedAttempts {
  const providerOf = (endpointId: string | null) => market.endpoint(endpointId ?? '')?.provider;
  return {
    providerName: providerOf(completion.endpointId)?.name ?? null,
    isByok: completion.usage.ownProviderKey,
    previous: completion.attempts.map(({ endpointId, outcome, httpStatus, message }) => ({
      provider: providerOf(endpointId)?.slug ?? null,
      code: outcome.toLowerCase(),
      status: httpStatus,
      message,
    })),
  };
}
