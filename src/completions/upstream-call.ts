import { invariant } from '#kernel';
import { type RouteCandidate, withoutParameters } from '#routing';
import { type AttemptTimeouts, defaultTimeouts, type UpstreamCall } from '#upstream';
import type { Running } from './running.ts';

/**
 * Up to this many tokens an answer that is not streamed is asked for as one JSON body, which costs a fraction of the
 * stream. A longer one is streamed from the provider all the same, so that a provider that hangs is told by its
 * silence from one that writes.
 */
const shortAnswerTokens = 1_024;

/** What goes to this endpoint: the request without what it cannot take, and always with an output cap. */
export function upstreamCall(
  running: Running,
  { candidate, outputCap }: { candidate: RouteCandidate; outputCap: number },
): UpstreamCall {
  const { provider, upstreamModel, timeouts } = candidate.endpoint;
  invariant(provider.baseUrl, 'an endpoint without an address is never a candidate');
  const chat = withoutParameters(running.request.chat, candidate.droppedParameters);
  return {
    stream: running.streamed || outputCap > shortAnswerTokens,
    request: { ...chat, maxTokens: outputCap },
    target: {
      baseUrl: provider.baseUrl,
      secret: provider.secret,
      model: upstreamModel,
      timeouts: withDefaults(timeouts),
    },
  };
}

function withDefaults(
  own: Readonly<Record<keyof AttemptTimeouts, number | null>>,
): AttemptTimeouts {
  return {
    connectMs: own.connectMs ?? defaultTimeouts.connectMs,
    firstContentMs: own.firstContentMs ?? defaultTimeouts.firstContentMs,
    idleMs: own.idleMs ?? defaultTimeouts.idleMs,
    totalMs: own.totalMs ?? defaultTimeouts.totalMs,
  };
}
