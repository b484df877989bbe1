import type { Clock } from '#kernel';
import type { AnswerHeaders } from './http/answer-head.ts';
import { duration, number } from './retry-after.ts';

/** What a provider says that its limits leave to this credential, here and now. */
export interface ProviderQuota {
  /** Infinity when nothing is said of them; 0 also when it is the tokens that are used up. */
  readonly requestsLeft: number;
  /** When there is more, in milliseconds from now. */
  readonly resetMs: number;
  /** Of prompts; absent when nothing is said. */
  readonly tokens?: TokenQuota;
}

export interface TokenQuota {
  readonly left: number;
  /** What there is when nothing is used; null when that is not said. */
  readonly limit: number | null;
  /** When all of it is there again, in milliseconds from now. */
  readonly resetMs: number;
}

type Names = readonly [left: string, reset: string, limit?: string];

const openAi = (kind: string): Names => [
  `x-ratelimit-remaining-${kind}`,
  `x-ratelimit-reset-${kind}`,
  `x-ratelimit-limit-${kind}`,
];

/** OpenAI, Groq and their like; Cerebras; Anthropic; the rest, after the IETF's draft. */
const ofRequests: readonly Names[] = [
  openAi('requests'),
  openAi('requests-day'),
  ['anthropic-ratelimit-requests-remaining', 'anthropic-ratelimit-requests-reset'],
  ['x-ratelimit-remaining', 'x-ratelimit-reset'],
  ['ratelimit-remaining', 'ratelimit-reset'],
];

const anthropic = (kind: string): Names => [
  `anthropic-ratelimit-${kind}-remaining`,
  `anthropic-ratelimit-${kind}-reset`,
  `anthropic-ratelimit-${kind}-limit`,
];

/** A prompt draws on these. */
const ofPrompts: readonly Names[] = [
  openAi('tokens'),
  openAi('tokens-minute'),
  anthropic('input-tokens'),
  anthropic('tokens'),
];

/** How much an answer takes is known afterwards: these count when they are used up. */
const ofTokens: readonly Names[] = [...ofPrompts, anthropic('output-tokens')];

/** Who says that nothing is left and not until when is asked again so soon. */
const resetMsDefault = 1_000;

/** The narrowest of the limits that the headers tell of; null when they tell of none. */
export function quotaIn(headers: AnswerHeaders, clock: Clock): ProviderQuota | null {
  const read = ([left, reset, limit]: Names): TokenQuota | null => {
    const count = number(headers[left]);
    if (count === undefined) return null;
    const most = (limit && number(headers[limit])) || null;
    return { left: count, limit: most, resetMs: resetOf(headers[reset], clock) };
  };
  const usedUp = ofTokens.map(read).filter((quota) => quota !== null && quota.left <= 0);
  const requests = narrowest([...ofRequests.map(read), ...usedUp]);
  const tokens = narrowest(ofPrompts.map(read));
  if (!requests && !tokens) return null;
  const { left: requestsLeft, resetMs } = requests ?? { left: Infinity, resetMs: 0 };
  return { requestsLeft, resetMs, ...(tokens ? { tokens } : {}) };
}

function narrowest(told: readonly (TokenQuota | null)[]): TokenQuota | null {
  return told.reduce((least, one) => (one && (!least || narrower(one, least)) ? one : least), null);
}

const narrower = (one: TokenQuota, other: TokenQuota) =>
  one.left < other.left || (one.left === other.left && one.resetMs > other.resetMs);

/** Listens to the headers of an answer for whoever wants to know what is left. */
export function hearQuota(
  onQuota: ((quota: ProviderQuota) => void) | undefined,
  clock: Clock,
): ((headers: AnswerHeaders) => void) | undefined {
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
