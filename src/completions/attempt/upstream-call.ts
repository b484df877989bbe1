import { invariant } from '#kernel';
import { type RouteCandidate, timeoutsOf, withoutParameters } from '#routing';
import type { ChatMessage, UpstreamCall } from '#upstream';
import type { Running } from '../runs/running.ts';

/**
 * Up to this many tokens an answer that is not streamed is asked for as one JSON body, which costs
 * a fraction of the stream. A longer one is streamed from the provider all the same, so that a
 * provider that hangs is told by its silence from one that writes.
 */
const shortAnswerTokens = 1_024;

/**
 * What goes to this endpoint: the request without what it cannot take, and always with an output
 * cap. `messages` instead of the request's own when an answer is gone on with.
 */
export function upstreamCall(
  running: Running,
  candidate: RouteCandidate,
  { maxTokens, messages }: { maxTokens: number; messages: readonly ChatMessage[] | null },
): UpstreamCall {
  const { endpoint, droppedParameters } = candidate;
  const { baseUrl, slug } = endpoint.provider;
  const secret = credentialOf(candidate);
  invariant(baseUrl, 'an endpoint without an address is never a candidate');
  const chat = withoutParameters(running.request.chat, droppedParameters);
  return {
    stream: running.streamed || maxTokens > shortAnswerTokens,
    coalesceMs: running.coalesceMs,
    request: { ...chat, ...(messages ? { messages } : {}), maxTokens },
    target: {
      baseUrl,
      provider: slug,
      secret,
      model: endpoint.upstreamModel,
      timeouts: timeoutsOf(endpoint),
    },
  };
}

/** A simulation takes no credential but its own, so that own keys can be tried out on it. */
function credentialOf({ endpoint: { provider }, ownKey }: RouteCandidate) {
  return ownKey && !provider.sandbox ? ownKey.secret : provider.secret;
}
