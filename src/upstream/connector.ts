import type { Secret, Take } from '#kernel';
import type { ProviderQuota } from './quota.ts';

/**
 * What every connector speaks, whatever its provider's wire protocol: one normalised request in,
 * batches of normalised events out, one kind of failure.
 */
export interface Connector {
  /**
   * Makes one attempt. `take` is given a batch for each read of the socket, in order, never an
   * empty one, on the turn of the read; from the first content on, for what came within
   * `coalesceMs`, before a failure or an abort is told. Resolves only after a proper end (a finish
   * reason and, where the protocol has one, its end mark); everything else throws an
   * `UpstreamFault`. An abort of `signal` closes the connection at once and throws the signal's
   * reason; what `take` throws closes it too and is thrown.
   */
  send(call: UpstreamCall, signal: AbortSignal, take: TakeBatch): Promise<void>;
  /** Makes one attempt at the vectors of some texts; absent where the protocol has none. */
  embed?(call: EmbedCall, signal: AbortSignal): Promise<Embedded>;
}

/** While it can take no more, the provider has to wait. */
export type TakeBatch = Take<readonly UpstreamEvent[]>;

export interface EmbedCall {
  readonly target: UpstreamTarget;
  readonly input: readonly string[];
  readonly dimensions?: number;
  readonly user?: string;
}

export interface Embedded {
  /** In the order of the texts. */
  readonly vectors: readonly (readonly number[])[];
  /** Null when the provider did not count. */
  readonly promptTokens: number | null;
}

export interface UpstreamCall {
  readonly target: UpstreamTarget;
  readonly request: ChatRequest;
  /** False: one JSON answer, which is given as one batch. */
  readonly stream: boolean;
  /** Behind the first content that is shown, milliseconds that what comes may be gathered for. */
  readonly coalesceMs: number;
  /** Told what the provider's limits leave, where it says so. */
  readonly onQuota?: (quota: ProviderQuota) => void;
}

export interface UpstreamTarget {
  /** As the provider's SDK takes it: `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  /** Whose service it is, by its slug, also where the address is a proxy's. */
  readonly provider?: string;
  readonly secret: Secret | null;
  /** The provider's own name for the model. */
  readonly model: string;
  readonly timeouts: AttemptTimeouts;
}

/**
 * Milliseconds. `firstContent` runs from sending to the first content, `idle` between reads after
 * it.
 */
export interface AttemptTimeouts {
  readonly connectMs: number;
  readonly firstContentMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
}

export const defaultTimeouts: AttemptTimeouts = {
  connectMs: 5_000,
  firstContentMs: 30_000,
  idleMs: 30_000,
  totalMs: 600_000,
};

// ───────── the request ─────────

/** Normalised once at the edge. An absent parameter is not sent: the provider's default applies. */
export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  /** The output cap, always sent: what is held of the credits covers it (docs/LEDGER.md, §18). */
  readonly maxTokens: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly minP?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly repetitionPenalty?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
  readonly logitBias?: Readonly<Record<string, number>>;
  readonly tools?: readonly ToolDefinition[];
  /** auto, none, required, or the name of a tool. */
  readonly toolChoice?: string;
  readonly parallelToolCalls?: boolean;
  readonly responseFormat?: ResponseFormat;
  readonly reasoning?: ReasoningOptions;
  readonly user?: string;
  /** What the answer may be made of; absent, where it is text. */
  readonly modalities?: readonly OutputModality[];
}

export type OutputModality = 'text' | 'image';

export type ChatRole = 'system' | 'developer' | 'user' | 'assistant' | 'tool';

/** A mark of its own stands behind all that it says. */
export interface ChatMessage extends CacheMarked {
  readonly role: ChatRole;
  /** Null for an assistant message that only calls tools. */
  readonly content: string | readonly ContentPart[] | null;
  readonly name?: string;
  readonly toolCallId?: string;
  readonly toolCalls?: readonly ToolCall[];
  /** As received, unchanged: signatures that the provider wants back in the next turn. */
  readonly reasoningDetails?: unknown;
}

/** Where the prompt cache is to end a kept beginning, and how long the provider is to keep it. */
export interface CacheMarked {
  readonly cacheTtl?: '5m' | '1h';
}

export type ContentPart = CacheMarked & Said;

type Said =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly url: string }
  | { readonly type: 'audio'; readonly data: string; readonly mediaType: string }
  | {
      readonly type: 'file';
      readonly data: string;
      readonly mediaType: string;
      readonly filename?: string;
    };

export interface ToolDefinition extends CacheMarked {
  readonly name: string;
  readonly description?: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface ToolCall extends CacheMarked {
  readonly id: string;
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
}

export interface ResponseFormat {
  readonly type: 'text' | 'json_object' | 'json_schema';
  readonly name?: string;
  readonly schema?: unknown;
  readonly strict?: boolean;
}

export interface ReasoningOptions {
  readonly effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh';
  readonly maxTokens?: number;
  readonly exclude?: boolean;
}

// ───────── the events ─────────

export type UpstreamEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string; readonly details?: unknown }
  /** Of a caller who does not want to see it: it was generated and counts, and is told nobody. */
  | { readonly type: 'hiddenReasoning'; readonly text: string }
  | ToolCallFragment
  | { readonly type: 'refusal'; readonly text: string }
  /** A picture that was made, as a `data:` address or where it lies. */
  | { readonly type: 'image'; readonly url: string }
  | { readonly type: 'annotations'; readonly annotations: unknown }
  | { readonly type: 'vectors'; readonly vectors: Embedded['vectors'] }
  | { readonly type: 'usage'; readonly usage: UpstreamUsage }
  | { readonly type: 'finish'; readonly reason: UpstreamFinish };

export interface ToolCallFragment {
  readonly type: 'toolCall';
  readonly index: number;
  readonly callId?: string;
  readonly name?: string;
  /** A fragment of the JSON text; may be empty. */
  readonly arguments: string;
}

export interface UpstreamFinish {
  readonly unified: 'STOP' | 'LENGTH' | 'TOOL_CALLS' | 'CONTENT_FILTER';
  /** As the provider said it. */
  readonly raw: string;
  /** The stop that ended the answer, where the provider tells it from an end of its own. */
  readonly stopSequence?: string;
}

/**
 * Tokens as the provider counted them. `prompt` includes cached ones, `completion` includes
 * reasoning.
 */
export interface UpstreamUsage {
  readonly prompt: number;
  readonly completion: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** Of `cacheWrite`: what is kept for an hour, where the provider tells it apart. */
  readonly cacheWriteHour?: number;
  readonly reasoning: number;
  readonly images?: number;
}

/** Text, reasoning, a picture or a tool call: what commits an attempt. */
export function isContent(event: UpstreamEvent): boolean {
  return (
    event.type === 'toolCall' ||
    event.type === 'image' ||
    event.type === 'vectors' ||
    ((event.type === 'text' || event.type === 'reasoning' || event.type === 'refusal') &&
      event.text.length > 0)
  );
}
