import { accountId } from '../leases/lease.ts';
import { type LedgerDatabase, oneRow } from '../ledger/ledger-database.ts';
import { type Recalling, recalling } from './recalling.ts';

export interface OwedOptions extends Recalling {
  readonly storage: Pick<LedgerDatabase, 'query'>;
}

/**
 * Takes what an organization owes for payments that went back from what it has: what nodes have
 * free of it comes back first. What running completions hold is `collectWhatIsOwed`'s.
 */
export async function collectOwed(options: OwedOptions, organizationId: string): Promise<void> {
  const collected = () => collect(options, organizationId);
  await recalling(options, organizationId, async () => (await collected()) || null);
}

/**
 * What completions held that have ended meanwhile is no more to be used while anything is owed:
 * nodes give it back, and what went back to the payer is taken of it.
 */
export async function collectWhatIsOwed(options: OwedOptions): Promise<void> {
  const owing = await options.storage.query<{ id: string }>(
    `SELECT p.id FROM credit_account r, credit_account a,
        (SELECT DISTINCT organization_id AS id FROM purchase WHERE returned > 0 OR disputed > 0) p
      WHERE r.id = receivable_of(p.id) AND r.balance < 0
        AND a.organization_id = p.id AND a.balance > 0`,
  );
  for (const { id } of owing) {
    await collect(options, id);
    options.recall(accountId(id));
  }
}

/** False while the account has more of it, which is leased. */
async function collect({ storage }: OwedOptions, organizationId: string): Promise<boolean> {
  const sql = 'SELECT receivable_collect($1) AS leased';
  const { leased } = await oneRow<{ leased: bigint }>(storage, sql, [organizationId]);
  return BigInt(leased) === 0n;
}
