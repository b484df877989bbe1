import type { LeaseTarget } from './lease-statements.ts';
import { toJson } from './ledger-database.ts';
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
  return storable({
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

/**
 * As JSON that PostgreSQL keeps: it refuses the character NUL and half of a surrogate pair, and
 * with them the whole batch. Texts of callers and providers may hold both; they are replaced, in
 * names too.
 */
function storable(record: object): string {
  const json = toJson(record);
  return refused.test(json) ? toJson(cleaned(JSON.parse(json))) : json;
}

/**
 * May also match what is harmless, an escaped backslash before a u: it only decides who looks
 * closer.
 */
const refused = /\\u(0000|d[89a-f])/;

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '\ufffd').toWellFormed();
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [cleaned(name), cleaned(part)]),
  );
}
