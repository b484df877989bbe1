import type { Medians } from './pace.ts';
import type { RoutePreferences } from './request.ts';

/** What puts an endpoint behind others; a lower rank comes first. */
export interface SetBack {
  readonly rank: number;
  /** What its reason says more. */
  readonly words: string;
}

const wait = ' Misses `maxTimeToFirstTokenMs`.';
const speed = ' Misses `minTokensPerSecond`.';

export const none: SetBack = { rank: 0, words: '' };
const missesWait: SetBack = { rank: 1, words: wait };
const missesSpeed: SetBack = { rank: 2, words: speed };
const missesBoth: SetBack = { rank: 3, words: wait + speed };
/** Still there when nothing else is. */
export const failing: SetBack = { rank: 4, words: ' Last: it failed in the last 30 s.' };

type Wishes = Pick<RoutePreferences, 'maxTimeToFirstTokenMs' | 'minTokensPerSecond'>;

/** Whether the caller set a threshold: else nobody needs to be asked for figures. */
export const hasThreshold = ({ maxTimeToFirstTokenMs, minTokensPerSecond }: Wishes) =>
  maxTimeToFirstTokenMs !== null || minTokensPerSecond !== null;

/** Which of the caller's thresholds a live median breaks. What is not measured breaks none. */
export function missed(
  { maxTimeToFirstTokenMs, minTokensPerSecond }: Wishes,
  live: Medians | null,
): SetBack {
  const late = (live?.timeToFirstTokenMs ?? 0) > (maxTimeToFirstTokenMs ?? Infinity);
  const slow = (live?.tokensPerSecond ?? Infinity) < (minTokensPerSecond ?? 0);
  if (late) return slow ? missesBoth : missesWait;
  return slow ? missesSpeed : none;
}
