import { LRUCache } from 'lru-cache';
import { type Log, least, type Money } from '#kernel';

/** What an organization may cost the platform before it has spent anything: five cents. */
const initial: Money = 50_000_000_000n;
/** However much it spends: five dollars at a time. */
const most: Money = 5_000_000_000_000n;
/** One part in so many of what it spends: five per cent. */
const share = 20n;
/** Beyond this many organizations the ones that were quiet longest are forgotten. */
const organizationsMax = 50_000;

/**
 * What the platform pays for without charging it, by organization: losers of hedges, and the prompt
 * of a continuation. Each organization has a bucket that its own spend fills; when it is empty,
 * nothing more is started at the platform's expense. Each node keeps its own.
 */
export class Losses {
  readonly #log: Log;
  readonly #left = new LRUCache<string, { readonly amount: Money }>({ max: organizationsMax });

  constructor(log: Log) {
    this.#log = log;
  }

  /** Takes what it may cost; false when there is not so much left. */
  take(organizationId: string, amount: Money): boolean {
    const left = this.#leftOf(organizationId);
    if (amount > left) {
      this.#log.warn('an organization has used up what it may cost the platform', {
        organization: organizationId,
      });
      return false;
    }
    this.#left.set(organizationId, { amount: left - amount });
    return true;
  }

  /** It was charged so much. */
  earn(organizationId: string, charged: Money): void {
    const filled = this.#leftOf(organizationId) + charged / share;
    this.#left.set(organizationId, { amount: least(filled, most) });
  }

  #leftOf(organizationId: string): Money {
    return this.#left.get(organizationId)?.amount ?? initial;
  }
}
