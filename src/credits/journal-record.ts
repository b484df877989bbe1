import type { LeaseTarget } from './statements.ts';
import { toJson } from './statements.ts';
import type { SettlementRecord } from './terms.ts';

/**
 * A settlement record as the journal keeps it and the SQL functions read it: flat, amounts as
 * strings, with the account and the allowances (of the period of its admission) that it spends.
 * There is one form for the table, the file and the posting, so that bad days use the code of every
 * day.
 */
export function journalRecord(
  record: SettlementRecord,
  account: string,
  allowances: readonly LeaseTarget[],
): string {
  const { tokens, ...rest } = record;
  return toJson({
    ...rest,
    promptTokens: tokens.prompt,
    completionTokens: tokens.completion,
    cachedTokens: tokens.cacheRead,
    cacheWriteTokens: tokens.cacheWrite,
    reasoningTokens: tokens.reasoning,
    account,
    allowances: allowances.map(({ kind, target }) => ({ kind, id: target })),
  });
}

/** A batch of records as one JSON array. */
export const journalBatch = (records: readonly string[]): string => `[${records.join(',')}]`;
