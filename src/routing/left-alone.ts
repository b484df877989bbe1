import type { Refusal } from './rejection.ts';

export const failureReasons = {
  RATE_LIMITED: 'Its provider limits the rate of requests and asked to be left alone',
  TRIPPED: 'It failed too often and is left alone',
  DOWN: 'It failed again when it was last tried and is left alone',
} as const;

export const credentialReasons = {
  ...failureReasons,
  TRIPPED: 'It failed too often with this credential and is left alone',
  DOWN: 'It failed again with this credential when it was last tried, and is left alone',
} as const;

export const quotaReasons = {
  ...failureReasons,
  RATE_LIMITED: "Its provider's limits leave too few tokens for this prompt",
} as const;

/** Why an endpoint is left alone, and for how many milliseconds. */
export function refused(
  code: keyof typeof failureReasons,
  waitMs: number,
  reasons: Readonly<Record<typeof code, string>> = failureReasons,
): Refusal {
  const retryAfterMs = Math.ceil(waitMs);
  const seconds = Math.ceil(waitMs / 1_000);
  const reason = `${reasons[code]} for another ${seconds} s.`;
  return { code, setting: null, reason, retryAfterMs };
}
