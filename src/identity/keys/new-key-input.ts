import type { ApiKey } from '../access/principal.ts';
import { idIssues, limitIssues, limitOf, refuseIfAny } from '../input-issues.ts';
import { nameIssues } from '../organizations/name-check.ts';
import { modelListIssues } from '../organizations/name-patterns.ts';
import { expiryIssues, requestsPerMinuteIssues } from './key-settings.ts';

/**
 * The contract's CreateApiKeyInput; absent and null both mean the default: no limit, the caller's
 * own.
 */
export interface CreateApiKeyInput {
  readonly organizationId: string;
  readonly name: string;
  readonly kind?: ApiKey['kind'] | null | undefined;
  /** US dollars, an exact decimal. */
  readonly creditLimit?: string | null | undefined;
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

/**
 * Checks everything and says all that is wrong at once (InvalidInput). `now` is in milliseconds
 * since the epoch.
 */
export function newKeySettings(input: CreateApiKeyInput, now: number): NewKeySettings {
  const { requestsPerMinute = null, expiresAt = null } = input;
  const allowedModels = input.allowedModels ?? null;
  refuseIfAny([
    ...idIssues('organization', 'input.organizationId', input.organizationId),
    ...nameIssues('input.name', input.name),
    ...limitIssues('input.creditLimit', input.creditLimit, 0n),
    ...requestsPerMinuteIssues(requestsPerMinute),
    ...modelListIssues('input.allowedModels', allowedModels),
    ...expiryIssues(expiresAt, now),
    ...idIssues('membership', 'input.membershipId', input.membershipId),
  ]);
  const [kind, limitPeriod] = [input.kind ?? 'INFERENCE', input.limitPeriod ?? 'NONE'];
  const [name, creditLimit] = [input.name.trim(), limitOf(input.creditLimit)];
  return { name, kind, creditLimit, limitPeriod, requestsPerMinute, allowedModels, expiresAt };
}
