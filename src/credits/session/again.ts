import type { ReadFrame } from '../journal/segments.ts';
import { isSessionGone } from '../ledger/ledger-database.ts';
import type { Statements } from '../ledger/statements.ts';

/** Many small writes cost one statement each; of one session they are posted together. */
const recordsMax = 500;

/**
 * Into the session that acknowledged them while that is live, else late. What is in the ledger
 * already moves nothing. Answers how many cannot be posted and are set aside in quarantine.
 */
export async function postAgain(
  frames: readonly ReadFrame[],
  statements: Pick<Statements, 'post' | 'postLate'>,
): Promise<number> {
  let aside = 0;
  for (const { session, records: read } of joined(frames)) {
    const records = JSON.stringify(read);
    aside += await statements.post({ session, records, held: [] }).catch((thrown) => {
      if (!isSessionGone(thrown)) throw thrown;
      return statements.postLate(session, records);
    });
  }
  return aside;
}

function joined(frames: readonly ReadFrame[]): ReadFrame[] {
  const groups: { session: number; records: unknown[] }[] = [];
  for (const { session, records } of frames) {
    const last = groups.at(-1);
    if (last?.session === session && last.records.length < recordsMax) {
      last.records.push(...records);
    } else groups.push({ session, records: [...records] });
  }
  return groups;
}
