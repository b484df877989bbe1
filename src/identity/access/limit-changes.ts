import type { Log } from '#kernel';
import type { Directory, KeyEntry } from './directory.ts';
import { Listeners } from './listeners.ts';
import type { Membership } from './principal.ts';

/** What a key may spend in its period or a member in a month, as it stands now. */
export interface SpendLimit {
  readonly kind: 'API_KEY' | 'MEMBER';
  readonly id: string;
  /** 10⁻¹² US dollar; null: it is taken away. */
  readonly limit: bigint | null;
  /** How often it began anew. */
  readonly number: number;
}

/** Tells of limits that are others now, on whichever node they were changed. */
export class LimitChanges {
  readonly #directory: Directory;
  readonly #listeners: Listeners<SpendLimit>;

  constructor(directory: Directory, log: Log) {
    this.#directory = directory;
    this.#listeners = new Listeners(log, 'take a limit');
  }

  /** Calls `listener` with each limit that is another now, or none. Returns how to stop. */
  onLimit(listener: (limit: SpendLimit) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Compares keys that were read anew with what they were `before`. */
  keysChanged(before: readonly KeyEntry[]): void {
    for (const { apiKey } of before) {
      const now = this.#directory.keys.get(apiKey.id)?.apiKey ?? apiKey;
      const { id, creditLimit: limit, limitNumber: number } = now;
      if (limit === apiKey.creditLimit) continue;
      this.#listeners.tell({ kind: 'API_KEY', id, limit, number });
    }
  }

  membersChanged(before: readonly Membership[]): void {
    for (const member of before) {
      const now = this.#directory.memberships.get(member.id) ?? member;
      const { id, monthlyBudget: limit, budgetNumber: number } = now;
      if (limit === member.monthlyBudget) continue;
      this.#listeners.tell({ kind: 'MEMBER', id, limit, number });
    }
  }
}
