import type { Clock } from '#kernel';
import type { Session } from '../session/session.ts';
import type { Book } from './book.ts';
import { take } from './lease.ts';
import type { Leasing } from './leasing.ts';
import type { RunningHold } from './running-hold.ts';

/**
 * Leases anew, in the next session, what a running completion holds; in the lane of its
 * organization. All of it, or the hold stays uncovered.
 */
export async function cover(
  hold: RunningHold,
  parts: { book: Book; session: Session; clock: Clock; leasing: Leasing },
): Promise<void> {
  const { book, session, clock, leasing } = parts;
  const number = session.number;
  const leases = hold.leases.map((lease) => book.successor(lease));
  const wishes = leases
    .filter(({ free }) => free < hold.amount)
    .map((lease) => {
      const missing = hold.amount - lease.free;
      return { lease, min: missing, want: missing };
    });
  if (wishes.length > 0) await leasing.ask(wishes);
  const over = !book.running.has(hold) || number !== session.number;
  if (over || !take(leases, hold.amount, clock)) return;
  hold.leases = leases;
  hold.session = number;
  hold.uncovered = false;
}
