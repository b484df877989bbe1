import type { ApiKey } from '#identity';
import type { Money } from '#kernel';

/** What the API asks of the room that keeps the accounts. */
export interface CreditsDoor {
  /** Posts what is acknowledged, so that the rows read next are exact. */
  post(): Promise<void>;
  /** What the organization has, and what its running completions set aside, at one moment. */
  account(organizationId: string): Promise<AccountMoney>;
  /** What a key has spent and set aside in its current period, and when the next one starts. */
  keySpend(key: KeyLimit): Promise<KeySpend>;
  /** What was charged to a member in the current calendar month, UTC, 10⁻¹² US dollar. */
  memberSpend(membershipId: string): Promise<Money>;
}

/** 10⁻¹² US dollar. */
export interface AccountMoney {
  readonly balance: Money;
  readonly held: Money;
  readonly available: Money;
}

export type KeyLimit = Pick<ApiKey, 'id' | 'creditLimit' | 'limitPeriod' | 'limitNumber'>;

export interface KeySpend {
  readonly spent: Money;
  readonly held: Money;
  readonly periodEndsAt: Date | null;
}
