import { amountMax, type InputIssue, InvalidInput, type Money } from '#kernel';
import { nameIssues } from './name-check.ts';
import { modelListIssues } from './name-patterns.ts';
import type { ApiKey } from './principal.ts';

/**
 * The contract's CreateApiKeyInput; absent and null both mean the default: no limit, the caller's
 * own.
 */
export interface CreateApiKeyInput {
  readonly organizationId: string;
  readonly name: string;
  readonly kind?: ApiKey['kind'] | null | undefined;
  /** 10⁻¹² US dollar. */
  readonly creditLimit?: Money | null | undefined;
  readonly limitPeriod?: ApiKey['limitPeriod'] | null | undefined;
  readonly requestsPerMinute?: number | null | undefined;
  readonly allowedModels?: readonly string[] | null | undefined;
  readonly expiresAt?: Date | null | undefined;
  readonly membershipId?: string | null | undefined;
}

/** What of the input describes the key itself. */
export type NewKeySettings = Pick<
  ApiKey,
  | 'name'
  | 'kind'
  | 'creditLimit'
  | 'limitPeriod'
  | 'requestsPerMinute'
  | 'allowedModels'
  | 'expiresAt'
>;

const requestsPerMinuteMax = 1_000_000;

/**
 * Checks everything and says all that is wrong at once (InvalidInput). `now` is in milliseconds
 * since the epoch.
 */
export function newKeySettings(input: CreateApiKeyInput, now: number): NewKeySettings {
  const { creditLimit = null, requestsPerMinute = null, expiresAt = null } = input;
  const allowedModels = input.allowedModels ?? null;
  const issues: InputIssue[] = [
    ...nameIssues('input.name', input.name),
    ...creditLimitIssues(creditLimit),
    ...requestsPerMinuteIssues(requestsPerMinute),
    ...modelListIssues('input.allowedModels', allowedModels),
    ...expiryIssues(expiresAt, now),
  ];
  if (issues.length > 0) throw new InvalidInput(issues);
  const [kind, limitPeriod] = [input.kind ?? 'INFERENCE', input.limitPeriod ?? 'NONE'];
  const name = input.name.trim();
  return { name, kind, creditLimit, limitPeriod, requestsPerMinute, allowedModels, expiresAt };
}

function creditLimitIssues(limit: Money | null): InputIssue[] {
  if (limit === null || (limit > 0n && limit <= amountMax)) return [];
  const accepted = 'an amount above 0, or null for no limit';
  return [{ path: 'input.creditLimit', message: 'This cannot be a limit.', accepted }];
}

function requestsPerMinuteIssues(limit: number | null): InputIssue[] {
  if (limit === null) return [];
  if (Number.isInteger(limit) && limit >= 1 && limit <= requestsPerMinuteMax) return [];
  const accepted = `a whole number from 1 to ${requestsPerMinuteMax}, or null for no limit`;
  return [{ path: 'input.requestsPerMinute', message: 'This cannot be a limit.', accepted }];
}

function expiryIssues(expiresAt: Date | null, now: number): InputIssue[] {
  if (expiresAt === null || expiresAt.getTime() > now) return [];
  const accepted = 'a time in the future, or null for a key that does not expire';
  return [{ path: 'input.expiresAt', message: 'This is not in the future.', accepted }];
}
