import type { Log } from '#kernel';
import type { Machine } from '../parts.ts';

/**
 * The node's session was lost (it slept, or was cut off) and a new one is open: what its running
 * completions hold is leased anew. A hold that does not get its money back grows no more, and its
 * charge takes the late path.
 */
export async function coverAgain({ book, refills }: Machine, log: Log): Promise<void> {
  book.dropAll();
  const holds = [...book.running];
  for (const hold of holds) hold.uncovered = true;
  for (const hold of holds) {
    await refills.cover(hold).catch((error) =>
      log.warn('A running completion lost its hold.', {
        organization: hold.organizationId,
        error,
      }),
    );
  }
}
