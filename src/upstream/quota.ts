import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '#kernel';
import { duration, number } from './retry-after.ts';

/** What a provider says that its limits leave to this credential, here and now. */
export interface ProviderQuota {
  /** 0 also when it is the tokens that are used up. */
  readonly requestsLeft: number;
  /** When there is more, in milliseconds from now. */
  readonly resetMs: number;
}

type Names = readonly [left: string, reset: string];

/** OpenAI, Groq and their like; Anthropic; the rest, after the IETF's draft. */
const ofRequests: readonly Names[] = [
  ['x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests'],
  ['anthropic-ratelimit-requests-remaining', 'anthropic-ratelimit-requests-reset'],
  ['x-ratelimit-remaining', 'x-ratelimit-reset'],
  ['ratelimit-remaining', 'ratelimit-reset'],
];

const ofTokens: readonly Names[] = [
  ['x-ratelimit-remaining-tokens', 'x-ratelimit-reset-tokens'],
  ['anthropic-ratelimit-input-tokens-remaining', 'anthropic-ratelimit-input-tokens-reset'],
  ['anthropic-ratelimit-output-tokens-remaining', 'anthropic-ratelimit-output-tokens-reset'],
  ['anthropic-ratelimit-tokens-remaining', 'anthropic-ratelimit-tokens-reset'],
];

/** Who says that nothing is left and not until when is asked again so soon. */
const resetMsDefault = 1_000;

/** The narrowest of the limits that the headers tell of; null when they tell of none. */
export function quotaIn(headers: IncomingHttpHeaders, clock: Clock): ProviderQuota | null {
  const read = ([left, reset]: Names): ProviderQuota | null => {
    const requestsLeft = number(headers[left]);
    if (requestsLeft === undefined) return null;
    return { requestsLeft, resetMs: resetOf(headers[reset], clock) };
  };
  const told = [
    ...ofRequests.map(read),
    ...ofTokens.map(read).filter((quota) => quota !== null && quota.requestsLeft <= 0),
  ].filter((quota) => quota !== null);
  if (told.length === 0) return null;
  return told.reduce((least, quota) => (narrower(quota, least) ? quota : least));
}

const narrower = (one: ProviderQuota, other: ProviderQuota) =>
  one.requestsLeft < other.requestsLeft ||
  (one.requestsLeft === other.requestsLeft && one.resetMs > other.resetMs);

/** Listens to the headers of an answer for whoever wants to know what is left. */
export function hearQuota(
  onQuota: ((quota: ProviderQuota) => void) | undefined,
  clock: Clock,
): ((headers: IncomingHttpHeaders) => void) | undefined {
  if (!onQuota) return undefined;
  return (headers) => {
    const quota = quotaIn(headers, clock);
    if (quota) onQuota(quota);
  };
}

/** A duration (`6m0s`), seconds, seconds or milliseconds since the epoch, or a date. */
function resetOf(given: string | string[] | undefined, clock: Clock): number {
  const lasts = duration(given);
  if (lasts !== undefined) return lasts;
  const count = number(given);
  if (count === undefined) return Math.max(0, untilDate(given, clock) ?? resetMsDefault);
  if (count > 1e11) return Math.max(0, count - clock.now());
  return count > 1e8 ? Math.max(0, count * 1_000 - clock.now()) : count * 1_000;
}

function untilDate(given: string | string[] | undefined, clock: Clock): number | undefined {
  const date = Date.parse(String(given));
  return Number.isNaN(date) ? undefined : date - clock.now();
}
