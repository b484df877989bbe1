import type { Money } from '#kernel';
import type { Hold, HoldRequest } from '../terms.ts';
import { AdmissionLine, type RefillOptions } from './admission-line.ts';
import { cover } from './covering.ts';
import { Lanes } from './lanes.ts';
import type { Lease } from './lease.ts';
import { Leasing } from './leasing.ts';
import type { RunningHold } from './running-hold.ts';
import { refillWish } from './wishes.ts';

/** Nothing was to be had in the background: ask again no sooner. */
const dryMs = 1_000;

/**
 * Moves money between the ledger and this node's leases: one statement per organization at a time,
 * those who wait for it in their order.
 */
export class Refills {
  readonly #options: RefillOptions;
  readonly #leasing: Leasing;
  readonly #lanes = new Lanes();
  readonly #lines = new Map<string, AdmissionLine>();

  constructor(options: RefillOptions) {
    this.#options = options;
    this.#leasing = new Leasing(options);
  }

  /** Someone of this organization waits already; who comes now waits behind. */
  waiting(organizationId: string): boolean {
    return this.#lines.has(organizationId);
  }

  /** As `Credits.admit`, for what does not fit the leases. */
  admit(request: HoldRequest): Promise<Hold> {
    const organizationId = request.targets[0]?.id ?? '';
    const line = this.#lines.get(organizationId) ?? this.#newLine(organizationId);
    return line.wait(request);
  }

  /**
   * Refills in the background what has come down to half, or to less than `next`: what is expected
   * to be asked for next.
   */
  refill(leases: readonly Lease[], next: Money): void {
    const nowMs = this.#options.clock.monotonic();
    for (const lease of leases) {
      const low = lease.free < lease.refillBelow || lease.free < next;
      if (low && lease.refillNotBeforeMs <= nowMs) this.#refill(lease, next);
    }
  }

  /** Gives back what is free. */
  giveBack(lease: Lease): Promise<void> {
    return this.#lanes.run(lease.organizationId, () => this.#leasing.giveBackFree(lease));
  }

  /** What is free under a higher limit goes back. */
  takeLimit(lease: Lease, limit: Money): Promise<void> {
    return this.#lanes.run(lease.organizationId, async () => {
      const lowered = lease.limit !== null && limit < lease.limit;
      lease.limit = limit;
      lease.refillNotBeforeMs = 0;
      if (lowered) await this.#leasing.giveBackFree(lease);
    });
  }

  /** Leases anew what a running completion holds, whose session was lost. */
  async cover(hold: RunningHold): Promise<void> {
    const { book, session, clock } = this.#options;
    const parts = { book, session, clock, leasing: this.#leasing };
    await this.#lanes.run(hold.organizationId, () => cover(hold, parts));
    if (!hold.uncovered) this.refill(hold.leases, hold.amount);
  }

  #newLine(organizationId: string): AdmissionLine {
    const parts = { organizationId, lanes: this.#lanes, leasing: this.#leasing };
    const empty = () => void this.#lines.delete(organizationId);
    const line = new AdmissionLine({ ...this.#options, ...parts, empty });
    this.#lines.set(organizationId, line);
    return line;
  }

  #refill(lease: Lease, next: Money): void {
    const { book, clock, log } = this.#options;
    lease.refillNotBeforeMs = Number.POSITIVE_INFINITY;
    const step = async () => {
      if (book.find(lease) === lease) await this.#leasing.ask([refillWish(lease, next, clock)]);
    };
    this.#lanes
      .run(lease.organizationId, step)
      .catch((error) => log.warn('A lease was not refilled.', { error }))
      .finally(() => {
        lease.refillNotBeforeMs = clock.monotonic() + dryMs;
      });
  }
}
