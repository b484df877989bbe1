import type { ApiKey } from '../access/principal.ts';
import { clearedIssues, idIssues, limitIssues, limitOf, refuseIfAny } from '../input-issues.ts';
import { nameIssues } from '../organizations/name-check.ts';
import { modelListIssues } from '../organizations/name-patterns.ts';
import { expiryIssues, requestsPerMinuteIssues } from './key-settings.ts';

/** The contract's UpdateApiKeyInput: an absent field stays, null clears what may be empty. */
export interface UpdateApiKeyInput {
  readonly id: string;
  readonly name?: string | null | undefined;
  /** US dollars, an exact decimal; null: no limit. */
  readonly creditLimit?: string | null | undefined;
  readonly limitPeriod?: ApiKey['limitPeriod'] | null | undefined;
  readonly requestsPerMinute?: number | null | undefined;
  readonly allowedModels?: readonly string[] | null | undefined;
  readonly expiresAt?: Date | null | undefined;
  readonly disabled?: boolean | null | undefined;
}

export type KeyChanges = Partial<
  Pick<
    ApiKey,
    | 'name'
    | 'creditLimit'
    | 'limitPeriod'
    | 'requestsPerMinute'
    | 'allowedModels'
    | 'expiresAt'
    | 'disabled'
  >
>;

/**
 * What the input changes, checked whole (InvalidInput tells every field). `now` is in milliseconds
 * since the epoch.
 */
export function keyChanges(input: UpdateApiKeyInput, now: number): KeyChanges {
  const { id, name, creditLimit, limitPeriod, disabled } = input;
  const { requestsPerMinute, allowedModels, expiresAt } = input;
  refuseIfAny([
    ...idIssues('apiKey', 'input.id', id),
    ...clearedIssues('input.name', name),
    ...(name == null ? [] : nameIssues('input.name', name)),
    ...limitIssues('input.creditLimit', creditLimit, 0n),
    ...clearedIssues('input.limitPeriod', limitPeriod),
    ...requestsPerMinuteIssues(requestsPerMinute ?? null),
    ...modelListIssues('input.allowedModels', allowedModels),
    ...expiryIssues(expiresAt ?? null, now),
    ...clearedIssues('input.disabled', disabled),
  ]);
  return {
    ...(name == null ? {} : { name: name.trim() }),
    ...(creditLimit === undefined ? {} : { creditLimit: limitOf(creditLimit) }),
    ...(limitPeriod == null ? {} : { limitPeriod }),
    ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
    ...(allowedModels === undefined ? {} : { allowedModels }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(disabled == null ? {} : { disabled }),
  };
}
