import { accountStatements } from './account-statements.ts';
import { claimStatements } from './claim-statements.ts';
import { leaseStatements } from './lease-statements.ts';
import type { LedgerDatabase } from './ledger-database.ts';
import { postingStatements } from './posting-statements.ts';
import { sessionStatements } from './session-statements.ts';

/**
 * The ledger as a node sees it: each method is one statement in autocommit, most of them one SQL
 * function of the migrations. Records and figures go as JSON text.
 */
export type Statements = ReturnType<typeof sessionStatements> &
  ReturnType<typeof leaseStatements> &
  ReturnType<typeof claimStatements> &
  ReturnType<typeof postingStatements> &
  ReturnType<typeof accountStatements>;

export const ledgerStatements = (database: LedgerDatabase): Statements => ({
  ...sessionStatements(database),
  ...leaseStatements(database),
  ...claimStatements(database),
  ...postingStatements(database),
  ...accountStatements(database),
});
