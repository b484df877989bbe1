import { type Clock, type Fault, sleep } from '#kernel';
import { isSessionGone } from '../ledger/ledger-database.ts';
import type { Hold, HoldRequest } from '../terms.ts';
import type { Lanes } from './lanes.ts';
import { accountId } from './lease.ts';
import type { Leasing, LeasingOptions } from './leasing.ts';
import { noteLimits } from './limits.ts';
import { creditsOutOfReach } from './refusals.ts';
import { type Refusing, refusalFault, refusalOf, touches, wishesOf } from './wishes.ts';

/** A recall is waited for this long in all, looking again this often. */
const recallTries = 6;
const recallEveryMs = 50;
/** A session that is lost again and again is somebody else's to mend. */
const sessionTries = 3;

interface Waiter {
  readonly request: HoldRequest;
  readonly resolve: (hold: Hold) => void;
  readonly reject: (reason: unknown) => void;
}

/** What it takes to move money between the ledger and the leases. */
export interface RefillOptions extends LeasingOptions {
  readonly clock: Clock;
  /** Tells the other nodes that money of this account is missed. */
  readonly recall: (account: string) => void;
}

export interface LineOptions extends RefillOptions {
  readonly organizationId: string;
  readonly lanes: Lanes;
  readonly leasing: Leasing;
  /** Nobody waits any more. */
  readonly empty: () => void;
}

/**
 * Those of one organization who wait for money from the ledger, in their order: one statement asks
 * for all of them, who still does not fit is refused, and nobody overtakes.
 */
export class AdmissionLine {
  readonly #options: LineOptions;
  #waiters: Waiter[] = [];
  #serving = false;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  wait(request: HoldRequest): Promise<Hold> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ request, resolve, reject });
      if (!this.#serving) void this.#serveAll();
    });
  }

  async #serveAll(): Promise<void> {
    this.#serving = true;
    for (let first = this.#waiters[0]; first; first = this.#waiters[0]) {
      try {
        await this.#serve(first);
      } catch (thrown) {
        this.#endWithout(creditsOutOfReach('the ledger did not answer', thrown));
      }
    }
    this.#serving = false;
    this.#options.empty();
  }

  /** The ledger is silent: whoever fits what has come free here meanwhile goes on within it. */
  #endWithout(reason: Fault): void {
    for (const { request, resolve, reject } of this.#waiters.splice(0)) {
      const hold = this.#admitted(request);
      if (hold) resolve(hold);
      else reject(reason);
    }
  }

  #admitted(request: HoldRequest): Hold | null {
    const { book, session } = this.#options;
    return session.standing() === 'GOOD' ? book.admit(request) : null;
  }

  /** Until the first has a hold or a refusal. Waits happen here, outside of the lane. */
  async #serve(first: Waiter): Promise<void> {
    const { session, clock, recall, organizationId, lanes } = this.#options;
    let recalls = 0;
    for (let tries = 1; this.#waiters[0] === first; ) {
      if (!(await session.assure())) throw creditsOutOfReach('the session is not confirmed');
      const number = session.number;
      try {
        const refusing = await lanes.run(organizationId, () => this.#step(first));
        if (!refusing) continue;
        if (!refusing.reachable || recalls++ >= recallTries) this.#refuse(first, refusing);
        else {
          recall(accountId(organizationId));
          await sleep(clock, recallEveryMs);
        }
      } catch (thrown) {
        if (!isSessionGone(thrown) || tries++ >= sessionTries) throw thrown;
        await session.lost(number);
      }
    }
  }

  /** A hold for the first, or more money to try again with, or why there is none. */
  async #step({ request }: Waiter): Promise<Refusing | null> {
    const { book, leasing, clock } = this.#options;
    const leases = book.leasesOf(request.targets);
    for (const lease of leases) if (lease.doubtful) await leasing.clear(lease);
    for (const lease of noteLimits(leases, request)) await leasing.giveBackFree(lease);
    const hold = this.#admitted(request);
    if (hold) {
      this.#waiters.shift()?.resolve(hold);
      return null;
    }
    const requests = this.#waiters.map((waiter) => waiter.request);
    const wishes = wishesOf(book.leasesOf(request.targets), requests, clock);
    return wishes.length === 0 ? null : refusalOf(await leasing.ask(wishes), wishes);
  }

  /** Refuses the first and, in their order, all who ask at least as much of the same lease. */
  #refuse(first: Waiter, refusing: Refusing): void {
    const hopeless = ({ request }: Waiter) =>
      request.amount >= first.request.amount && touches(request, refusing.lease);
    const refused = this.#waiters.filter(hopeless);
    this.#waiters = this.#waiters.filter((waiter) => !hopeless(waiter));
    for (const { request, reject } of refused) reject(refusalFault(refusing, request.amount));
  }
}
