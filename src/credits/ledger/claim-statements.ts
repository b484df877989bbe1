import { type LedgerDatabase, oneRow } from './ledger-database.ts';

export type ClaimVerdict = 'TAKEN' | 'EXISTS' | 'CONFLICT';

export interface ClaimInput {
  /** Whose key it is: the API key's id, or person and organization. */
  readonly principal: string;
  readonly key: string;
  /** Keyed hash of the canonical input; a plain hash of a prompt would be content kept. */
  readonly bodyHmac: string;
  readonly completion: string;
}

export interface ClaimAnswer {
  readonly verdict: ClaimVerdict;
  /** The completion that has the key. */
  readonly completion: string;
  readonly gen: number;
}

/** Idempotency keys: the migrations' functions `claim_…`. */
export function claimStatements(db: LedgerDatabase) {
  return {
    takeClaim(session: number, claim: ClaimInput): Promise<ClaimAnswer> {
      const { principal, key, bodyHmac, completion } = claim;
      const sql = 'SELECT * FROM claim_take($1::int, $2, $3, $4, $5)';
      return oneRow(db, sql, [session, principal, key, bodyHmac, completion]);
    },

    async finishClaim(claim: { principal: string; key: string; gen: number }): Promise<void> {
      const sql = 'SELECT claim_finish($1, $2, $3::int)';
      await db.query(sql, [claim.principal, claim.key, claim.gen]);
    },

    /** Deletes at most so many that have expired; answers how many it were. */
    async pruneClaims(most: number): Promise<number> {
      const row = await oneRow<{ pruned: number }>(db, 'SELECT claim_prune($1::int) AS pruned', [
        most,
      ]);
      return row.pruned;
    },
  };
}
