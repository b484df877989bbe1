/**
 * What the ledger needs of a database: one statement in autocommit; int8 and numeric come as
 * bigint.
 */
export interface LedgerDatabase {
  readonly kind: 'embedded' | 'server';
  query<T extends object>(sql: string, parameters?: readonly unknown[]): Promise<T[]>;
}

/** Runs one of the statements that answer exactly one row. */
export async function oneRow<T extends object>(
  database: Pick<LedgerDatabase, 'query'>,
  sql: string,
  parameters: readonly unknown[],
): Promise<T> {
  const [row] = await database.query<T>(sql, parameters);
  return row as T; // its statement always answers a row
}

/** JSON whose integers of money are strings, because JSON's numbers are not exact. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? part.toString() : part));

/** The SQLSTATE of the migration's fence. */
export const sessionGoneCode = 'BR001';

/** True for the database's answer that a session is not live. */
export function isSessionGone(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if ('code' in error && error.code === sessionGoneCode) return true;
  }
  return false;
}
