import type { Market } from '#catalog';
import type { AttemptRecord, Bill } from '#credits';
import type { Sample, SampleOutcome } from '#metrics';
import type { Measure } from '../cost/measure.ts';
import type { Running } from '../runs/running.ts';

/**
 * What the attempts of a settled completion say about their endpoints. All of them count when it
 * ended: what is told of a moment minutes ago, nobody listens to any more. What was used and paid
 * is the last one's: those before it gave nothing. Of one that gave nothing either, no tokens are
 * told: they would make the price that is paid for tokens look lower.
 */
export function samplesOf(
  running: Running,
  { tokens }: Measure,
  { due, market }: { readonly due: Bill; readonly market: Market },
): Sample[] {
  const { payer, request, endpoint } = running;
  // The loser of a hedge may have been started after the winner.
  const answering = running.attempts.findLastIndex(({ endpointId }) => endpointId === endpoint?.id);
  return running.attempts.map((attempt, index) => {
    const last = index === answering;
    const used = last && (due.cost > 0n || gave(attempt));
    const priced = isPriced(attempt, market);
    return {
      endpointId: attempt.endpointId,
      at: running.endedAt.getTime(),
      organizationId: payer.organization.id,
      app: last ? request.app : null,
      outcome: outcomeOf(attempt),
      streamed: attempt.streamed,
      timeToFirstTokenMs: attempt.timeToFirstTokenMs,
      durationMs: attempt.durationMs,
      promptTokens: used ? tokens.prompt : 0,
      completionTokens: used ? tokens.completion : 0,
      cost: last ? due.cost : 0n,
      charged: last ? due.charged : 0n,
      ranked: last && due.cost > 0n && priced,
      priced,
    };
  });
}

/** Whether there was an answer, or a part of one. */
const gave = ({ outcome, timeToFirstTokenMs }: AttemptRecord): boolean =>
  outcome === 'SUCCEEDED' || timeToFirstTokenMs !== null;

/** Not of the sandbox, nor free, nor with a key of the organization's own. */
function isPriced({ endpointId, providerKeyId }: AttemptRecord, market: Market): boolean {
  const endpoint = market.endpoint(endpointId);
  if (!endpoint || endpoint.provider.sandbox || providerKeyId) return false;
  const { prompt, completion, request } = endpoint.pricing;
  return prompt > 0n || completion > 0n || (request ?? 0n) > 0n;
}

/** How much a provider gives to an organization's own key is not how the endpoint does. */
const outcomeOf = ({ outcome, providerKeyId }: AttemptRecord): SampleOutcome =>
  providerKeyId && outcome === 'RATE_LIMITED' ? 'SPARED' : outcomes[outcome];

/** A caller's own fault and a cancelled stream say nothing about the endpoint. */
const outcomes: Readonly<Record<AttemptRecord['outcome'], SampleOutcome>> = {
  SUCCEEDED: 'ANSWERED',
  REJECTED: 'SPARED',
  RATE_LIMITED: 'FAILED',
  TIMED_OUT: 'FAILED',
  FAILED: 'FAILED',
  BROKE_OFF: 'FAILED',
  CANCELLED: 'SPARED',
};
