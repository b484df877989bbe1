import type { Market } from '#catalog';
import type { Completion, FinishReason, Usage } from '#completions';
import { dollarsOf, invariant, jsonDepthMax, nestedWithin } from '#kernel';
import type { MessagesAnswer, MessagesBlock, MessagesStop, MessagesUsage } from '#schema';
import { answeredBy } from '../openai/chat-answer.ts';
import { thinkingBlocks } from './thinking.ts';

/** Anthropic's words. What the caller's credits or its leaving cut short got too long for it. */
const stopReasons: Record<FinishReason, string> = {
  STOP: 'end_turn',
  LENGTH: 'max_tokens',
  TOOL_CALLS: 'tool_use',
  CONTENT_FILTER: 'refusal',
  BUDGET: 'max_tokens',
  CANCELLED: 'max_tokens',
  ERROR: 'end_turn',
};

/** Why it ended: at one of the caller's stops, where the provider tells that from another end. */
export function stopOf({ finishReason, content }: Completion): MessagesStop {
  const stop = finishReason === 'STOP' ? (content?.stopSequence ?? null) : null;
  if (stop !== null) return { stop_reason: 'stop_sequence', stop_sequence: stop };
  return { stop_reason: finishReason && stopReasons[finishReason], stop_sequence: null };
}

/** The whole answer as one JSON object. */
export function messagesAnswer(completion: Completion, market: Market): MessagesAnswer {
  const { id, model, provider } = answeredBy(completion, market);
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    provider,
    content: blocksOf(completion),
    ...stopOf(completion),
    usage: messagesUsageOf(completion.usage),
  };
}

function blocksOf({ content }: Completion): MessagesBlock[] {
  invariant(content, 'what is answered is kept');
  return [
    ...thinkingBlocks(content),
    ...(content.text ? [{ type: 'text' as const, text: content.text, citations: null }] : []),
    ...content.toolCalls.map((call) => ({
      type: 'tool_use' as const,
      id: call.callId,
      name: call.name,
      input: inputOf(call.arguments),
    })),
  ];
}

/**
 * Arguments that are no JSON object (an answer that was cut), or one that nobody can walk, are
 * handed on as text.
 */
function inputOf(text: string): Record<string, unknown> {
  try {
    const input: unknown = JSON.parse(text || '{}');
    if (typeof input === 'object' && input !== null && nestedWithin(input, jsonDepthMax)) {
      return input as Record<string, unknown>;
    }
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
  }
  return { arguments: text };
}

export function messagesUsageOf(usage: Usage): MessagesUsage {
  const { promptTokens, cachedTokens, cacheWriteTokens } = usage;
  return {
    input_tokens: promptTokens - cachedTokens - cacheWriteTokens,
    output_tokens: usage.completionTokens,
    cache_read_input_tokens: cachedTokens,
    cache_creation_input_tokens: cacheWriteTokens,
    cost: dollarsOf(usage.charged),
    is_byok: usage.ownProviderKey,
  };
}
