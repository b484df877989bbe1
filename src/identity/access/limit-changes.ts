import type { Log } from '#kernel';
import type { Directory, KeyEntry } from './directory.ts';
import type { Membership } from './principal.ts';

/** What a key may spend in its period or a member in a month, as it stands now. */
export interface SpendLimit {
  readonly kind: 'API_KEY' | 'MEMBER';
  readonly id: string;
  /** 10⁻¹² US dollar. */
  readonly limit: bigint;
  /** How often it began anew. */
  readonly number: number;
}

type Listener = (limit: SpendLimit) => void;

/** Tells of limits that are others now, on whichever node they were changed. */
export class LimitChanges {
  readonly #directory: Directory;
  readonly #log: Log;
  readonly #listeners = new Set<Listener>();

  constructor(directory: Directory, log: Log) {
    this.#directory = directory;
    this.#log = log;
  }

  /** Calls `listener` with each limit that is lowered or raised. Returns how to stop. */
  onLimit(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Compares keys that were read anew with what they were `before`. */
  keysChanged(before: readonly KeyEntry[]): void {
    for (const { apiKey } of before) {
      const {
        id,
        creditLimit: limit,
        limitNumber: number,
      } = this.#directory.keys.get(apiKey.id)?.apiKey ?? apiKey;
      if (limit === null || limit === apiKey.creditLimit) continue;
      this.#tell({ kind: 'API_KEY', id, limit, number });
    }
  }

  membersChanged(before: readonly Membership[]): void {
    for (const member of before) {
      const {
        id,
        monthlyBudget: limit,
        budgetNumber: number,
      } = this.#directory.memberships.get(member.id) ?? member;
      if (limit === null || limit === member.monthlyBudget) continue;
      this.#tell({ kind: 'MEMBER', id, limit, number });
    }
  }

  #tell(limit: SpendLimit): void {
    for (const listener of this.#listeners) {
      try {
        listener(limit);
      } catch (error) {
        this.#log.error('a listener failed to take a limit', { error });
      }
    }
  }
}
