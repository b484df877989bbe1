import type { Log } from '#kernel';
import type { RunningHold } from './book.ts';
import { granted, grantTarget, take } from './lease.ts';
import type { Machine } from './parts.ts';

/**
 * The node's session was lost (it slept, or was cut off) and a new one is open: what its running
 * completions hold is leased anew. A hold that does not get its money back grows no more, and its
 * charge takes the late path.
 */
export async function coverAgain(machine: Machine, log: Log): Promise<void> {
  const { book, session } = machine;
  const number = session.number;
  book.dropAll();
  for (const hold of [...book.running]) {
    if (hold.session === number) continue;
    hold.uncovered = true;
    await cover(machine, hold).catch((error) =>
      log.warn('A running completion lost its hold.', { organization: hold.organizationId, error }),
    );
  }
}

async function cover(machine: Machine, hold: RunningHold): Promise<void> {
  const { book, session, statements, clock } = machine;
  const number = session.number;
  const leases = hold.leases.map((lease) => book.successor(lease));
  const short = leases.filter(({ free }) => free < hold.amount);
  const wanted = short.map((lease) => {
    const missing = hold.amount - lease.free;
    return grantTarget(lease, missing, missing);
  });
  if (wanted.length > 0) {
    for (const answer of await statements.grant(number, wanted)) {
      const lease = book.find(answer);
      if (lease) granted(lease, answer.granted);
    }
  }
  if (!book.running.has(hold) || !take(leases, hold.amount, clock)) return;
  hold.leases = leases;
  hold.session = number;
  hold.uncovered = false;
}
