import { type Log, sleep } from '#kernel';
import { creditsOutOfReach } from '../leases/refusals.ts';
import type { Parts } from '../parts.ts';

/** Longer than the database's own time-outs. */
const drainMsMax = 8_000;

/** What cannot be posted now stays in the journal for the next start, or for another node. */
export async function closeParts(parts: Parts, log: Log): Promise<void> {
  const { clock, session, settlement, statements, journal, moved } = parts;
  session.retire();
  const tooLong = new AbortController();
  try {
    const late = sleep(clock, drainMsMax, tooLong.signal).then(notDrained);
    late.catch(() => undefined); // when it was not too long
    await Promise.race([settlement.close(), late]);
    await session.stop();
    await statements.closeSession(session.number);
  } catch (error) {
    log.error('The session was not closed; what it leased is free within 60 s.', { error });
  } finally {
    tooLong.abort();
    moved.stop();
    await session.stop();
    await journal.close();
  }
}

function notDrained(): never {
  throw creditsOutOfReach('the database took no records before the end');
}
