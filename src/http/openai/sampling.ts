import type { CompletionInput } from '#completions';
import type { ChatRequest, CompletionRequest, ResponsesRequest } from '#schema';

type Asked = ChatRequest | CompletionRequest;

/** The sampling parameters, which both forms of completions name alike. */
export function samplingOf(asked: Asked) {
  const { stop } = asked;
  return {
    maxTokens: asked.max_tokens ?? null,
    temperature: asked.temperature ?? null,
    topP: asked.top_p ?? null,
    topK: asked.top_k ?? null,
    minP: asked.min_p ?? null,
    frequencyPenalty: asked.frequency_penalty ?? null,
    presencePenalty: asked.presence_penalty ?? null,
    repetitionPenalty: asked.repetition_penalty ?? null,
    seed: asked.seed ?? null,
    stop: typeof stop === 'string' ? [stop] : (stop ?? null),
    logitBias: asked.logit_bias ?? null,
  } satisfies Partial<CompletionInput>;
}

/** Which models (the first of `models` where no `model` is named), and what is kept with it. */
export function whoAsks(asked: Asked | ResponsesRequest) {
  const model = asked.model ?? asked.models?.[0] ?? null;
  return {
    model,
    fallbackModels: asked.models?.filter((other) => other !== model) ?? null,
    metadata: asked.metadata ?? null,
  } satisfies Partial<CompletionInput>;
}
