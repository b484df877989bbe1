import type { Market } from '#catalog';
import type { Completion, Content, FinishReason, Usage } from '#completions';
import type { ChargeKind, ChargeLine } from '#credits';
import { dollarsOf } from '#kernel';
import type { ChatAnswer, UsageAnswer } from '#schema';

/**
 * The wire's reasons. An answer cut by the budget or a cancellation is one that got too long for
 * its caller.
 */
const finishReasons: Record<FinishReason, string> = {
  STOP: 'stop',
  LENGTH: 'length',
  TOOL_CALLS: 'tool_calls',
  CONTENT_FILTER: 'content_filter',
  BUDGET: 'length',
  CANCELLED: 'length',
  ERROR: 'error',
};

export function finishOf({ finishReason, nativeFinishReason }: Completion) {
  return {
    finish_reason: finishReason && finishReasons[finishReason],
    native_finish_reason: nativeFinishReason ?? finishReason?.toLowerCase() ?? null,
  };
}

/** What every form of the answer says of who gave it. */
export function answeredBy(completion: Completion, market: Market) {
  const endpoint = market.endpoint(completion.endpointId ?? '');
  return {
    id: completion.id,
    created: secondsOf(completion.createdAt),
    model: endpoint?.model.slug ?? completion.requestedModel,
    provider: endpoint?.provider.name ?? null,
  };
}

/** The whole answer as one JSON object. */
export function chatAnswer(completion: Completion, market: Market): ChatAnswer {
  const { content } = completion;
  const calls = content?.toolCalls ?? [];
  const message = {
    role: 'assistant' as const,
    content: content?.text || (calls.length > 0 ? null : (content?.text ?? null)),
    refusal: content?.refusal ?? null,
    reasoning: content?.reasoning ?? null,
    ...(content?.reasoningDetails ? { reasoning_details: content.reasoningDetails } : {}),
    ...(calls.length > 0 ? { tool_calls: calls.map(toolCall) } : {}),
    ...besidesText(content),
  };
  return {
    ...answeredBy(completion, market),
    object: 'chat.completion',
    system_fingerprint: null,
    choices: [{ index: 0, logprobs: null, ...finishOf(completion), message }],
    usage: usageOf(completion.usage, completion.lines),
  };
}

/** What an answer has beside its words, whole. */
export const besidesText = (content: Content | null) => ({
  ...(content?.annotations ? { annotations: content.annotations } : {}),
  ...(content?.images.length ? { images: content.images.map(imageOf) } : {}),
});

const imageOf = (url: string, index: number) => ({
  type: 'image_url' as const,
  index,
  image_url: { url },
});

const toolCall = (call: { callId: string; name: string; arguments: string; index: number }) => ({
  index: call.index,
  id: call.callId,
  type: 'function' as const,
  function: { name: call.name, arguments: call.arguments },
});

const promptKinds: ReadonlySet<ChargeKind> = new Set([
  'PROMPT',
  'CACHE_READ',
  'CACHE_WRITE',
  'IMAGE',
  'REQUEST',
]);
const completionKinds: ReadonlySet<ChargeKind> = new Set(['COMPLETION', 'REASONING']);

/**
 * What was used and what it cost; `cost` is what was charged, fee included, as a number because the
 * wire has one.
 */
export function usageOf(usage: Usage, lines: readonly ChargeLine[]): UsageAnswer {
  const sumOf = (kinds: ReadonlySet<ChargeKind>) =>
    dollarsOf(lines.reduce((sum, line) => (kinds.has(line.kind) ? sum + line.amount : sum), 0n));
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
    cost: dollarsOf(usage.charged),
    is_byok: usage.ownProviderKey,
    prompt_tokens_details: {
      cached_tokens: usage.cachedTokens,
      cache_write_tokens: usage.cacheWriteTokens,
      audio_tokens: 0,
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    cost_details: {
      upstream_inference_cost: usage.ownProviderKey ? dollarsOf(usage.upstreamCost) : null,
      upstream_inference_prompt_cost: sumOf(promptKinds),
      upstream_inference_completions_cost: sumOf(completionKinds),
    },
  };
}

/** Times of this surface are in whole seconds. */
export const secondsOf = (at: Date) => Math.floor(at.getTime() / 1_000);
