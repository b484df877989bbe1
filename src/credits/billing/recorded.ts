import { type AuditDetails, record } from '#audit';
import type { Clock } from '#kernel';
import type { Storage } from '#storage';
import type { LedgerDatabase } from '../ledger/ledger-database.ts';

/** Who sets what of an organization. */
export interface Setting {
  readonly organizationId: string;
  /** The id that stands in the audit. */
  readonly actor: string;
  readonly action: string;
  readonly details: AuditDetails;
}

interface Surroundings {
  readonly storage: Pick<Storage, 'write'>;
  readonly clock: Clock;
}

/** Writes a setting and its event in the audit log together. It moves no money. */
export function recorded(
  { storage, clock }: Surroundings,
  { organizationId, ...event }: Setting,
  write: (database: Pick<LedgerDatabase, 'query'>) => Promise<void>,
): Promise<void> {
  return storage.write(async (tx) => {
    await write({
      query: (sql, parameters = []) => tx.$queryRawUnsafe(sql, ...parameters),
    });
    await record(tx, { chain: organizationId, subject: organizationId, ...event }, clock);
  });
}
