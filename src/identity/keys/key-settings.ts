import type { InputIssue } from '#kernel';

/** What may stand in the settings of a key, for those that are made and those that are changed. */

const requestsPerMinuteMax = 1_000_000;

export function requestsPerMinuteIssues(limit: number | null): readonly InputIssue[] {
  if (limit === null) return [];
  if (Number.isInteger(limit) && limit >= 1 && limit <= requestsPerMinuteMax) return [];
  const accepted = `a whole number from 1 to ${requestsPerMinuteMax}, or null for no limit`;
  return [{ path: 'input.requestsPerMinute', message: 'This cannot be a limit.', accepted }];
}

/** `now` is in milliseconds since the epoch. */
export function expiryIssues(expiresAt: Date | null, now: number): readonly InputIssue[] {
  if (expiresAt === null || expiresAt.getTime() > now) return [];
  const accepted = 'a time in the future, or null for a key that does not expire';
  return [{ path: 'input.expiresAt', message: 'This is not in the future.', accepted }];
}
