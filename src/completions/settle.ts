import { pricesFor } from '#catalog';
import { type Bill, bill, type ChargeOutcome, type SettlementRecord } from '#credits';
import { Fault, invariant } from '#kernel';
import type { Admission } from './admit.ts';
import { samplesOf } from './attempt/samples.ts';
import type { Usage } from './completion.ts';
import { type Measure, measure } from './cost/measure.ts';
import { endings } from './endings.ts';
import type { Rooms } from './rooms.ts';
import { giveKeyUp, releaseKey } from './runs/claims.ts';
import type { Running } from './runs/running.ts';

/**
 * Runs always, and last: usage becomes a bill, the bill a durable record, and then the last event
 * is sent. It never throws: a record that cannot be made durable is not acknowledged, and the
 * caller is told so.
 */
export async function settle(
  running: Running,
  admission: Admission | null,
  rooms: Rooms,
): Promise<void> {
  await giveKeyUp(running, rooms);
  if (!admission) return refuse(running, rooms);
  try {
    if (running.ending?.kind === 'refused') {
      await admission.hold.end(null);
      return refuse(running, rooms);
    }
    const { used, due } = await counted(running, admission, rooms);
    const record = recordOf(running, used, due);
    await admission.hold.end(record);
    rooms.observer.settled(record);
    const market = rooms.market();
    for (const sample of samplesOf(running, used, { due, market })) rooms.metrics.record(sample);
    keep(running, rooms);
    rooms.losses.earn(running.payer.organization.id, due.charged);
    running.conclude({ usage: usageOf(running, used, due), lines: due.lines });
  } catch (thrown) {
    rooms.log.error('a completion could not be settled', { completion: running.id, error: thrown });
    await releaseKey(running, rooms);
    running.conclude(null, Fault.from(thrown));
  }
}

/** What was said, where the organization wants it kept. */
function keep(running: Running, { kept }: Rooms): void {
  const { id, payer, endedAt } = running;
  if (payer.organization.retainContentDays === 0) return;
  const { content } = running.completion();
  if (!content) return;
  const { availableUntil: _until, vectors: _vectors, images: _images, ...said } = content;
  kept.keep({ completionId: id, organizationId: payer.organization.id, endedAt, content: said });
}

/** What it used and comes to. @throws when that cannot be told; then nothing is held any more. */
async function counted(
  running: Running,
  admission: Admission,
  rooms: Rooms,
): Promise<{ used: Measure; due: Bill }> {
  try {
    const used = await measure(running, rooms);
    return { used, due: billOf(running, { admission, used }, rooms) };
  } catch (thrown) {
    await admission.hold.end(null);
    throw thrown;
  }
}

function refuse(running: Running, { observer }: Rooms): void {
  const { ending } = running;
  if (ending && 'fault' in ending) observer.refused(ending.fault.code);
  running.conclude(null);
}

const noBill: Bill = { lines: [], cost: 0n, upstreamCost: 0n, fee: 0n, charged: 0n, waived: 0n };

function billOf(
  running: Running,
  { admission, used }: { admission: Admission; used: Measure },
  { feeRate }: Rooms,
): Bill {
  const { endpoint } = running;
  if (!endpoint) return noBill;
  return bill({
    prices: pricesFor(endpoint.pricing, used.tokens.prompt, running.createdAt),
    tokens: used.tokens,
    images: used.images,
    outcome: outcomeOf(running),
    ownProviderKey: running.ownKey !== null,
    feeRate,
    endpointId: endpoint.id,
    hold: admission.hold.amount,
  });
}

function outcomeOf(running: Running): Exclude<ChargeOutcome, 'OWN_PROVIDER_KEY'> {
  invariant(running.ending, 'what is settled has ended');
  if (running.attempts.length === 0) return 'NOTHING_DELIVERED';
  const { kind } = running.ending;
  const filtered = kind === 'answered' && running.finishReason() === 'CONTENT_FILTER';
  if (filtered) return 'CONTENT_FILTERED';
  return running.continued && kind === 'answered' ? 'CONTINUED' : endings[kind].charge;
}

function usageOf(running: Running, { tokens, estimated }: Measure, due: Bill): Usage {
  return {
    promptTokens: tokens.prompt,
    completionTokens: tokens.completion,
    cachedTokens: tokens.cacheRead,
    cacheWriteTokens: tokens.cacheWrite,
    reasoningTokens: tokens.reasoning,
    cost: due.cost,
    upstreamCost: due.upstreamCost,
    fee: due.fee,
    charged: due.charged,
    estimated,
    ownProviderKey: running.ownKey !== null,
  };
}

function recordOf(running: Running, used: Measure, due: Bill): SettlementRecord {
  const now = running.completion();
  invariant(running.ending, 'what is settled has ended');
  return {
    completion: running.id,
    organizationId: running.payer.organization.id,
    apiKeyId: now.apiKeyId,
    membershipId: now.membershipId,
    userId: now.userId,
    status: endings[running.ending.kind].status,
    finishReason: now.finishReason,
    nativeFinishReason: now.nativeFinishReason,
    requestedModel: now.requestedModel,
    modelId: now.modelId,
    endpointId: now.endpointId,
    providerId: running.endpoint?.provider.id ?? null,
    tokens: used.tokens,
    estimated: used.estimated,
    ownProviderKey: running.ownKey !== null,
    ...due,
    attempts: now.attempts,
    error: now.error && { code: now.error.code, message: now.error.public },
    droppedParameters: now.droppedParameters,
    metadata: now.metadata,
    endUser: now.endUser,
    sessionId: now.sessionId,
    app: now.app,
    streamed: now.streamed,
    createdAt: now.createdAt.toISOString(),
    finishedAt: running.endedAt.toISOString(),
    timeToFirstTokenMs: now.timeToFirstTokenMs,
    latencyMs: now.latencyMs ?? running.elapsedMs(),
    claim: running.claim,
  };
}
