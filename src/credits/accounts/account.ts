import type { Money } from '#kernel';

export interface Account {
  readonly balance: Money;
  /** Set aside for running completions, on all nodes. */
  readonly held: Money;
  /** What a new completion may use. */
  readonly available: Money;
}

export interface KeyPeriod {
  readonly id: string;
  /** Null: the key has no limit. */
  readonly creditLimit: Money | null;
  readonly limitPeriod: 'NONE' | 'DAILY' | 'WEEKLY' | 'MONTHLY';
  /** How often the limit began anew. */
  readonly limitNumber: number;
}

export interface KeySpend {
  readonly spent: Money;
  readonly held: Money;
  readonly periodEndsAt: Date | null;
}
