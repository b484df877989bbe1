import type { LeaseTarget } from '../ledger/lease-statements.ts';
import type { AttemptRecord, ChargeLine, SettlementRecord } from '../terms.ts';

/**
 * A settlement record as the journal keeps it and the SQL functions read it: flat, amounts as
 * strings, with the account and the allowances (of the period of its admission) that it spends.
 * There is one form for the table, the file and the posting, so that bad days use the code of every
 * day. What most completions lack does not stand in it when it is null, false, zero or empty: that
 * would be a fifth of it.
 */
export function journalRecord(
  record: SettlementRecord,
  account: string,
  allowances: readonly LeaseTarget[],
): string {
  const { tokens, ...rest } = record;
  return storable({
    ...rest,
    apiKeyId: record.apiKeyId ?? absent,
    membershipId: record.membershipId ?? absent,
    userId: record.userId ?? absent,
    finishReason: record.finishReason ?? absent,
    nativeFinishReason: record.nativeFinishReason ?? absent,
    estimated: record.estimated || absent,
    ownProviderKey: record.ownProviderKey || absent,
    lines: record.lines.map(storedLine),
    cost: String(record.cost),
    upstreamCost: String(record.upstreamCost),
    fee: String(record.fee),
    charged: String(record.charged),
    waived: record.waived > 0n ? String(record.waived) : absent,
    attempts: record.attempts.map(storedAttempt),
    error: record.error ?? absent,
    droppedParameters: record.droppedParameters.length > 0 ? record.droppedParameters : absent,
    metadata: record.metadata ?? absent,
    endUser: record.endUser ?? absent,
    sessionId: record.sessionId ?? absent,
    app: record.app ?? absent,
    streamed: record.streamed || absent,
    claim: record.claim ?? absent,
    promptTokens: tokens.prompt || absent,
    completionTokens: tokens.completion || absent,
    cachedTokens: tokens.cacheRead || absent,
    cacheWriteTokens: tokens.cacheWrite || absent,
    reasoningTokens: tokens.reasoning || absent,
    account,
    allowances: allowances.map(({ target }) => ({ id: target })),
  });
}

const absent = undefined;

const storedLine = ({ kind, quantity, unitPrice, amount, endpointId }: ChargeLine) => ({
  kind,
  quantity,
  unitPrice: String(unitPrice),
  amount: String(amount),
  endpointId: endpointId ?? absent,
});

const storedAttempt = (attempt: AttemptRecord) => ({
  ...attempt,
  providerKeyId: attempt.providerKeyId ?? absent,
  streamed: attempt.streamed || absent,
  timeToFirstTokenMs: attempt.timeToFirstTokenMs ?? absent,
  httpStatus: attempt.httpStatus ?? absent,
  message: attempt.message ?? absent,
});

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
