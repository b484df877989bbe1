import type { SettlementRecord } from '#credits';

interface Said {
  readonly endpointId: string;
  /** An endpoint that was tried before it, in vain. */
  readonly failedAt?: string;
  readonly message?: string;
  readonly endUser?: string;
}

const tokens = { prompt: 10, completion: 5, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
const dollar = 10n ** 12n;
const start = Date.UTC(2026, 0, 1);
const at = (ms: number) => new Date(start + ms).toISOString();

/** A completion that was answered after two seconds: two dollars, ten cents of them the fee. */
export function recordOf({ endpointId, failedAt, message, endUser }: Said): SettlementRecord {
  const attempt = (id: string, given: object) => ({
    ...{ endpointId: id, startedAt: at(0), durationMs: 2_000, timeToFirstTokenMs: 200 },
    ...{
      streamed: true,
      outcome: 'SUCCEEDED' as const,
      httpStatus: null,
      message: message ?? null,
      ...given,
    },
  });
  const inVain = { outcome: 'FAILED', httpStatus: 500, timeToFirstTokenMs: null };
  return {
    completion: 'cmp_1',
    organizationId: 'org_1',
    ...{ apiKeyId: null, membershipId: null, userId: null, providerId: null, modelId: null },
    ...{ status: 'SUCCEEDED', finishReason: 'STOP', nativeFinishReason: 'stop' },
    ...{ requestedModel: 'acme/two:floor', endpointId, tokens, estimated: false },
    ...{ ownProviderKey: false, lines: [], cost: 2n * dollar, upstreamCost: 2n * dollar },
    ...{ fee: dollar / 10n, charged: (21n * dollar) / 10n, waived: 0n },
    attempts: [...(failedAt ? [attempt(failedAt, inVain)] : []), attempt(endpointId, {})],
    ...{ error: null, droppedParameters: [], metadata: { secret: message ?? '' } },
    ...{ endUser: endUser ?? null, sessionId: null, app: null, streamed: true },
    ...{ createdAt: at(0), finishedAt: at(2_000), timeToFirstTokenMs: 200, latencyMs: 2_000 },
    claim: null,
  };
}
