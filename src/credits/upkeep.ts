import type { Log } from '#kernel';
import type { Machine } from './parts.ts';
import type { LeaseTarget } from './statements.ts';

/** What nobody has used here for this long goes back. */
const idleMs = 30_000;

/** After each renewal: returns what is idle, and what others miss. */
export function giveBackIdle(
  { book, refills, clock }: Machine,
  recalls: readonly LeaseTarget[],
): void {
  const sinceMs = clock.monotonic() - idleMs;
  for (const recall of recalls) {
    const lease = book.find(recall);
    if (lease && lease.free > 0n) void refills.giveBack(lease);
  }
  for (const lease of book.leases) {
    const idle = lease.lastUsedMs <= sinceMs && lease.held === 0n && lease.unposted === 0n;
    if (idle) void refills.giveBack(lease);
  }
}

/** Any node ends the sessions that have stopped renewing. Alone there is none. */
export async function reapOthers({ session, statements }: Machine, log: Log): Promise<void> {
  if (session.live.length <= 1) return;
  for (
    let dead = await statements.reapSession();
    dead !== null;
    dead = await statements.reapSession()
  ) {
    log.warn('A dead session was ended; its charges are posted and its leases are free.', {
      session: String(dead),
    });
  }
}
