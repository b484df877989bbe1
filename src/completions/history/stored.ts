import type { AttemptRecord, ChargeLine } from '#credits';
import { completionsSeenBy, type Principal } from '#identity';
import { Fault, type FaultCode } from '#kernel';
import type { Prisma } from '#storage';
import type { Completion, Usage } from '../completion.ts';
import type { Rooms } from '../rooms.ts';

type CompletionRow = Prisma.CompletionGetPayload<object>;

/**
 * One that has ended, exact: what is acknowledged is posted first. Null when it is not this
 * caller's.
 */
export async function findStored(
  principal: Principal,
  id: string,
  { credits, storage }: Pick<Rooms, 'credits' | 'storage'>,
): Promise<Completion | null> {
  await credits.flush();
  const where = { AND: [completionsSeenBy(principal), { id }] };
  const row = await storage.prisma.completion.findFirst({ where });
  return row && fromRow(row);
}

/** The same for whoever has its idempotency key, and with it the right to see it. */
export async function storedCompletion(
  id: string,
  { credits, storage }: Pick<Rooms, 'credits' | 'storage'>,
): Promise<Completion | null> {
  await credits.flush();
  const row = await storage.prisma.completion.findUnique({ where: { id } });
  return row && fromRow(row);
}

/** A completion as its row tells it: everything but the content, which is not kept there. */
export function fromRow(row: CompletionRow): Completion {
  return {
    id: row.id,
    organizationId: row.organizationId,
    apiKeyId: row.apiKeyId,
    membershipId: row.membershipId,
    userId: row.userId,
    status: row.status,
    requestedModel: row.requestedModel,
    modelId: row.modelId,
    endpointId: row.endpointId,
    finishReason: row.finishReason,
    nativeFinishReason: row.nativeFinishReason,
    usage: usageOf(row),
    // Both were written by the posting, in these forms.
    lines: (row.lines as unknown as StoredLine[]).map(lineOf),
    attempts: (row.attempts as unknown as StoredAttempt[]).map(attemptOf), // likewise
    droppedParameters: row.droppedParameters,
    error: errorOf(row.error as StoredError | null),
    createdAt: row.createdAt,
    finishedAt: row.finishedAt,
    timeToFirstTokenMs: row.timeToFirstTokenMs,
    latencyMs: row.latencyMs,
    metadata: row.metadata as Record<string, string> | null,
    endUser: row.endUser,
    sessionId: row.sessionId,
    streamed: row.streamed,
    app: row.app,
    content: null,
  };
}

interface StoredLine extends Pick<ChargeLine, 'kind' | 'quantity'> {
  readonly unitPrice: string;
  readonly amount: string;
  readonly endpointId?: string | null;
}

type StoredAttempt = Partial<AttemptRecord> &
  Pick<AttemptRecord, 'endpointId' | 'startedAt' | 'durationMs' | 'outcome'>;

interface StoredError {
  readonly code: FaultCode;
  readonly message: string;
}

const lineOf = (line: StoredLine): ChargeLine => ({
  ...line,
  unitPrice: BigInt(line.unitPrice),
  amount: BigInt(line.amount),
  endpointId: line.endpointId ?? null,
});

const attemptOf = (attempt: StoredAttempt): AttemptRecord => ({
  providerKeyId: null,
  streamed: false,
  timeToFirstTokenMs: null,
  httpStatus: null,
  message: null,
  ...attempt,
});

const errorOf = (error: StoredError | null) =>
  error && new Fault(error.code, { public: error.message });

function usageOf(row: CompletionRow): Usage {
  return {
    promptTokens: row.promptTokens,
    completionTokens: row.completionTokens,
    cachedTokens: row.cachedTokens,
    cacheWriteTokens: row.cacheWriteTokens,
    reasoningTokens: row.reasoningTokens,
    cost: row.cost,
    upstreamCost: row.upstreamCost,
    fee: row.fee,
    charged: row.charged,
    estimated: row.estimated,
    ownProviderKey: row.ownProviderKey,
  };
}
