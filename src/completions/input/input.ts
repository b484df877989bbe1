import type { OutputModality } from '#upstream';

/**
 * A completion as a caller asks for it: the contract's `CompletionInput`, word for word, before
 * anything is checked. GraphQL hands it in as it is; the OpenAI surface translates into it.
 */
export interface CompletionInput {
  readonly organizationId?: string | null;
  readonly model?: string | null;
  readonly fallbackModels?: readonly string[] | null;
  readonly messages: readonly MessageInput[];
  readonly provider?: ProviderPreferencesInput | null;
  readonly maxTokens?: number | null;
  readonly temperature?: number | null;
  readonly topP?: number | null;
  readonly topK?: number | null;
  readonly minP?: number | null;
  readonly frequencyPenalty?: number | null;
  readonly presencePenalty?: number | null;
  readonly repetitionPenalty?: number | null;
  readonly seed?: number | null;
  readonly stop?: readonly string[] | null;
  readonly logitBias?: unknown;
  readonly tools?: readonly ToolInput[] | null;
  readonly toolChoice?: string | null;
  readonly parallelToolCalls?: boolean | null;
  readonly responseFormat?: ResponseFormatInput | null;
  readonly reasoning?: ReasoningInput | null;
  /** Of what the answer may be made, in the words of the REST surface alone; absent, of text. */
  readonly modalities?: readonly OutputModality[] | null;
  readonly metadata?: unknown;
  readonly user?: string | null;
  readonly sessionId?: string | null;
  readonly idempotencyKey?: string | null;
  readonly app?: { readonly name: string; readonly url?: string | URL | null } | null;
}

export interface MessageInput {
  readonly role: 'SYSTEM' | 'DEVELOPER' | 'USER' | 'ASSISTANT' | 'TOOL';
  readonly content?: string | null;
  readonly parts?: readonly ContentPartInput[] | null;
  readonly name?: string | null;
  readonly toolCallId?: string | null;
  readonly toolCalls?: readonly ToolCallInput[] | null;
  readonly reasoningDetails?: unknown;
  /** Behind the whole message. */
  readonly cacheControl?: CacheMarkInput | null;
}

/** The prompt up to here is to be kept in the provider's cache, for `5m` or `1h`. */
export interface CacheMarkInput {
  readonly ttl: string;
}

/** What may have a mark of its own, in the words of the REST surface alone. */
interface Markable {
  readonly cacheControl?: CacheMarkInput;
}

/** Exactly one field is set, beside a mark. */
export interface ContentPartInput extends Markable {
  readonly text?: string | null;
  readonly imageUrl?: string | null;
  readonly audio?: MediaInput | null;
  readonly file?: MediaInput | null;
}

export interface MediaInput {
  /** Base64. */
  readonly data: string;
  readonly mediaType: string;
  readonly filename?: string | null;
}

export interface ToolInput extends Markable {
  readonly name: string;
  readonly description?: string | null;
  readonly parameters: unknown;
}

export interface ToolCallInput extends Markable {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

export interface ResponseFormatInput {
  readonly type: 'TEXT' | 'JSON_OBJECT' | 'JSON_SCHEMA';
  readonly name?: string | null;
  readonly schema?: unknown;
  readonly strict?: boolean | null;
}

export interface ReasoningInput {
  readonly effort?: 'NONE' | 'MINIMAL' | 'LOW' | 'MEDIUM' | 'HIGH' | 'XHIGH' | null;
  readonly maxTokens?: number | null;
  readonly exclude?: boolean | null;
}

/** Prices are decimals in US dollars per million tokens, as strings. */
export interface ProviderPreferencesInput {
  readonly order?: readonly string[] | null;
  readonly only?: readonly string[] | null;
  readonly ignore?: readonly string[] | null;
  readonly allowFallbacks?: boolean | null;
  readonly requireParameters?: boolean | null;
  readonly sort?: 'PRICE' | 'THROUGHPUT' | 'LATENCY' | null;
  readonly quantizations?: readonly string[] | null;
  readonly maxPromptPricePerMillion?: string | null;
  readonly maxCompletionPricePerMillion?: string | null;
  readonly maxTimeToFirstTokenMs?: number | null;
  readonly minTokensPerSecond?: number | null;
  readonly hedgeAfterMs?: number | null;
  readonly allowTraining?: boolean | null;
  readonly zeroRetention?: boolean | null;
  readonly onStreamFailure?: 'FAIL' | 'CONTINUE' | null;
}

/** The contract's `RouteInput`, before anything is checked. */
export interface PlanInput
  extends Pick<CompletionInput, 'fallbackModels' | 'maxTokens' | 'organizationId' | 'sessionId'> {
  readonly model: string;
  readonly provider?: ProviderPreferencesInput | null;
  readonly promptTokens?: number | null;
  readonly requiredParameters?: readonly string[] | null;
}
