import type { LeaseTarget } from './lease-statements.ts';
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
  const { tokens, lines, ...rest } = record;
  return storable({
    ...rest,
    lines: lines.map((line) => ({
      ...line,
      unitPrice: String(line.unitPrice),
      amount: String(line.amount),
    })),
    cost: String(record.cost),
    upstreamCost: String(record.upstreamCost),
    fee: String(record.fee),
    charged: String(record.charged),
    waived: String(record.waived),
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
 * As JSON that PostgreSQL keeps, and looks for: it refuses the character NUL and half of a
 * surrogate pair, and with them the whole batch. Texts of callers and providers may hold both; they
 * are replaced, in names too.
 */
export function storable(record: object): string {
  const json = JSON.stringify(record);
  return json.includes(anyEscape) ? JSON.stringify(cleaned(JSON.parse(json))) : json;
}

/** Either is written so, and much that is harmless: it only decides who looks closer. */
const anyEscape = '\\u';

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '\ufffd').toWellFormed();
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [cleaned(name), cleaned(part)]),
  );
}
