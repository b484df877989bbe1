import { lower } from '#kernel';
import type { RoutePreferences } from '#routing';
import type {
  CacheMarked,
  ChatMessage,
  ChatRequest,
  ContentPart,
  ReasoningOptions,
  ResponseFormat,
  ToolCall,
  ToolDefinition,
} from '#upstream';
import type {
  CacheMarkInput,
  CompletionInput,
  ContentPartInput,
  MessageInput,
  ProviderPreferencesInput,
  ReasoningInput,
  ResponseFormatInput,
  ToolCallInput,
  ToolInput,
} from './input.ts';
import type { CompletionRequest } from './request.ts';
import { readPerMillion, validate } from './validate.ts';

/**
 * Checks the input and puts it into the one form that everything behind it reads. Throws
 * `InvalidInput`.
 */
export function normalise(input: CompletionInput): CompletionRequest {
  validate(input);
  return {
    model: input.model ?? '',
    fallbackModels: input.fallbackModels ?? [],
    chat: chatOf(input),
    maxTokens: input.maxTokens ?? null,
    preferences: preferencesOf(input.provider ?? {}),
    hedgeAfterMs: input.provider?.hedgeAfterMs ?? null,
    onStreamFailure: input.provider?.onStreamFailure ?? 'FAIL',
    metadata: (input.metadata as Record<string, string> | null | undefined) ?? null,
    user: input.user ?? null,
    sessionId: input.sessionId ?? null,
    idempotencyKey: input.idempotencyKey ?? null,
    app: input.app?.name ?? null,
  };
}

function chatOf(input: CompletionInput): Omit<ChatRequest, 'maxTokens'> {
  return present<Omit<ChatRequest, 'maxTokens'>>({
    messages: input.messages.map(messageOf),
    temperature: input.temperature,
    topP: input.topP,
    topK: input.topK,
    minP: input.minP,
    frequencyPenalty: input.frequencyPenalty,
    presencePenalty: input.presencePenalty,
    repetitionPenalty: input.repetitionPenalty,
    seed: input.seed,
    stop: input.stop?.length ? input.stop : null,
    logitBias: input.logitBias as Record<string, number> | null | undefined,
    tools: input.tools?.length ? input.tools.map(toolOf) : null,
    toolChoice: input.toolChoice,
    parallelToolCalls: input.parallelToolCalls,
    responseFormat: input.responseFormat && responseFormatOf(input.responseFormat),
    reasoning: input.reasoning && reasoningOf(input.reasoning),
    user: input.user,
    modalities: input.modalities,
  });
}

function messageOf(message: MessageInput): ChatMessage {
  const content = message.parts ? message.parts.map(partOf) : (message.content ?? null);
  const rest = present<Omit<ChatMessage, 'content'>>({
    role: lower(message.role),
    name: message.name,
    toolCallId: message.toolCallId,
    toolCalls: message.toolCalls?.length ? message.toolCalls.map(callOf) : null,
    reasoningDetails: message.reasoningDetails,
    ...marked(markBehind(message)),
  });
  return { ...rest, content };
}

function toolOf({ name, description, parameters, cacheControl }: ToolInput): ToolDefinition {
  return present<ToolDefinition>({
    name,
    description,
    parameters: parameters as Record<string, unknown>,
    ...marked(cacheControl),
  });
}

function callOf({ id, name, arguments: text, cacheControl }: ToolCallInput): ToolCall {
  return { id, name, arguments: text, ...marked(cacheControl) };
}

/** The mark behind a message; one on the last that it says stands there already. */
function markBehind(message: MessageInput): CacheMarkInput | null {
  const last = message.toolCalls?.at(-1) ?? message.parts?.at(-1);
  return last?.cacheControl ? null : (message.cacheControl ?? null);
}

/** Its time to live was checked to be one. */
const marked = (mark: CacheMarkInput | null | undefined): CacheMarked =>
  mark ? { cacheTtl: mark.ttl as '5m' | '1h' } : {};

const partOf = (part: ContentPartInput): ContentPart => ({
  ...saidIn(part),
  ...marked(part.cacheControl),
});

function saidIn(part: ContentPartInput): ContentPart {
  if (part.imageUrl != null) return { type: 'image', url: part.imageUrl };
  if (part.audio) return { type: 'audio', ...mediaOf(part.audio) };
  if (part.file) {
    const { filename } = part.file;
    return { type: 'file', ...mediaOf(part.file), ...(filename ? { filename } : {}) };
  }
  return { type: 'text', text: part.text ?? '' };
}

const mediaOf = ({ data, mediaType }: { data: string; mediaType: string }) => ({ data, mediaType });

function responseFormatOf(format: ResponseFormatInput): ResponseFormat {
  return present<ResponseFormat>({
    type: lower(format.type),
    name: format.name,
    schema: format.schema,
    strict: format.strict,
  });
}

function reasoningOf(reasoning: ReasoningInput): ReasoningOptions {
  return present<ReasoningOptions>({
    effort: reasoning.effort && lower(reasoning.effort),
    maxTokens: reasoning.maxTokens,
    exclude: reasoning.exclude,
  });
}

export function preferencesOf(given: ProviderPreferencesInput): RoutePreferences {
  return {
    order: given.order ?? null,
    only: given.only ?? null,
    ignore: given.ignore ?? null,
    allowFallbacks: given.allowFallbacks ?? true,
    requireParameters: given.requireParameters ?? false,
    sort: given.sort ?? null,
    quantizations: given.quantizations ?? null,
    maxPromptPrice: readPerMillion(given.maxPromptPricePerMillion).price,
    maxCompletionPrice: readPerMillion(given.maxCompletionPricePerMillion).price,
    maxTimeToFirstTokenMs: given.maxTimeToFirstTokenMs ?? null,
    minTokensPerSecond: given.minTokensPerSecond ?? null,
    allowTraining: given.allowTraining ?? null,
    zeroRetention: given.zeroRetention ?? null,
  };
}

/**
 * The object without what is absent: an absent parameter is not sent, so the provider's default
 * applies.
 */
function present<T extends object>(given: { [K in keyof T]: T[K] | null | undefined }): T {
  const kept: Partial<T> = {};
  for (const name in given) {
    const value = given[name];
    if (value !== null && value !== undefined) kept[name] = value;
  }
  return kept as T;
}
