import type { Log } from '#kernel';
import type { JournalPlace } from '../journal/journal-place.ts';
import type { LedgerDatabase } from '../ledger/ledger-database.ts';
import type { Statements } from '../ledger/statements.ts';
import { postAgain } from './again.ts';

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
    const aside = await postAgain(frames, statements);
    if (aside > 0) log.error('Records cannot be posted and are set aside.', { count: aside });
    await setAside();
  }
  const node = options.kind === 'embedded' ? null : place?.node;
  if (node === undefined) return;
  for (const session of await statements.liveSessions(node)) {
    await statements.closeSession(session);
    log.info('The session of an earlier run is closed.', { session: String(session) });
  }
}
