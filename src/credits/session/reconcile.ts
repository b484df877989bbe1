import { journalFolder } from '../journal/journal-place.ts';
import { keptFrames } from '../journal/kept-records.ts';
import type { ReadFrame } from '../journal/segments.ts';
import type { LedgerDatabase } from '../ledger/ledger-database.ts';
import { ledgerStatements } from '../ledger/statements.ts';
import { postAgain } from './again.ts';

/** How many charges a reconciliation met. */
export interface Reconciled {
  readonly kept: number;
  /** Not in the ledger before. */
  readonly missing: number;
  /** Of these: cannot be posted. */
  readonly setAside: number;
}

/**
 * Posts what this node has kept of the last day and the ledger does not have: a copy that was
 * restored, or a replica that took over, lacks what came after it. Twice does no harm.
 */
export async function reconcile(database: LedgerDatabase, dataDir: string): Promise<Reconciled> {
  const statements = ledgerStatements(database);
  let [kept, missing, setAside] = [0, 0, 0];
  for await (const frames of keptFrames(journalFolder(dataDir))) {
    const ids = frames.flatMap(({ records }) => records.map(completionOf));
    const known = await knownOf(ids, database);
    const unknown = frames.map((frame) => without(frame, known));
    kept += ids.length;
    missing += ids.filter((id) => !known.has(id)).length;
    setAside += await postAgain(
      unknown.filter(({ records }) => records.length > 0),
      statements,
    );
  }
  return { kept, missing, setAside };
}

/** In the ledger, or set aside before: posted again, that would free its reservation twice. */
async function knownOf(
  ids: readonly string[],
  database: LedgerDatabase,
): Promise<ReadonlySet<string>> {
  const sql = `SELECT id FROM completion WHERE id = ANY ($1)
    UNION SELECT record ->> 'completion' FROM quarantine WHERE record ->> 'completion' = ANY ($1)`;
  return new Set((await database.query<{ id: string }>(sql, [ids])).map(({ id }) => id));
}

/** It was written by this room. */
const completionOf = (record: unknown): string => (record as { completion: string }).completion;

const without = ({ session, records }: ReadFrame, known: ReadonlySet<string>): ReadFrame => ({
  session,
  records: records.filter((record) => !known.has(completionOf(record))),
});
