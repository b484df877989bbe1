import type { CompletionFilter } from './completion-filter.ts';

export type UsageGroup =
  | 'MODEL'
  | 'PROVIDER'
  | 'ENDPOINT'
  | 'API_KEY'
  | 'MEMBER'
  | 'APP'
  | 'DAY'
  | 'HOUR'
  | 'MONTH';

export type UsageOrder = 'CHARGED' | 'REQUESTS' | 'TOKENS' | 'TIME';

/** What an organization used: which part of it, and by what it is grouped. */
export interface UsageQuestion {
  readonly organizationId: string;
  /** Inclusive. */
  readonly since: Date;
  /** Exclusive; null: now. */
  readonly until: Date | null;
  readonly groupBy: readonly UsageGroup[];
  readonly filter: CompletionFilter;
  readonly orderBy: UsageOrder;
}

/** A question whose end is known. */
export interface BoundedUsageQuestion extends UsageQuestion {
  readonly until: Date;
}
