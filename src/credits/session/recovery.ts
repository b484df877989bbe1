import type { Log } from '#kernel';
import type { ReadFrame } from '../journal/journal-file.ts';
import type { JournalPlace } from '../journal/journal-place.ts';
import { isSessionGone, type LedgerDatabase } from '../ledger/ledger-database.ts';
import type { Statements } from '../ledger/statements.ts';

export interface RecoveryOptions {
  readonly kind: LedgerDatabase['kind'];
  readonly statements: Statements;
  readonly log: Log;
  /** Of the settlement journal's file; null without one. */
  readonly place: JournalPlace | null;
}

/**
 * What an earlier run of this node left: first its acknowledged records are posted, then its
 * session is closed, which frees what it had leased; the other order would free money that is
 * spent. The data directory's lock proves that it is dead; on an embedded database every session
 * is.
 */
export async function recover(options: RecoveryOptions): Promise<void> {
  const { statements, log, place } = options;
  for (const { frames, setAside } of (await place?.unposted()) ?? []) {
    for (const frame of joined(frames)) await postAgain(frame, options);
    await setAside();
  }
  const node = options.kind === 'embedded' ? null : place?.node;
  if (node === undefined) return;
  for (const session of await statements.liveSessions(node)) {
    await statements.closeSession(session);
    log.info('The session of an earlier run is closed.', { session: String(session) });
  }
}

/**
 * Into the session that acknowledged it while that is live, else late. What is in the ledger
 * already moves nothing.
 */
async function postAgain(
  { session, records: read }: ReadFrame,
  { statements, log }: RecoveryOptions,
): Promise<void> {
  const records = JSON.stringify(read);
  const setAside = await statements.post({ session, records, held: [] }).catch((thrown) => {
    if (!isSessionGone(thrown)) throw thrown;
    return statements.postLate(session, records);
  });
  if (setAside > 0) {
    log.error('Records cannot be posted and are set aside in quarantine.', { count: setAside });
  }
}

/** Many small writes cost one statement each; of one session they are posted together. */
const recordsMax = 500;

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
