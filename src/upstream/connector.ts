import { Fault, type FaultCode, type Secret } from '#kernel';

/**
 * What every connector speaks, whatever its provider's wire protocol: one normalised request in,
 * batches of normalised events out, one kind of failure.
 */
export interface Connector {
  /**
   * Makes one attempt. Yields a batch for each read of the socket, in order, never an empty one.
   * Returns only after a proper end (a finish reason and, where the protocol has one, its end
   * mark); everything else throws an `UpstreamFault`. An abort of `signal` closes the connection
   * at once and throws the signal's reason.
   */
  send(call: UpstreamCall, signal: AbortSignal): AsyncIterable<readonly UpstreamEvent[]>;
}

export interface UpstreamCall {
  readonly target: UpstreamTarget;
  readonly request: ChatRequest;
  /** False: one JSON answer, which is yielded as one batch. */
  readonly stream: boolean;
}

export interface UpstreamTarget {
  /** As the provider's SDK takes it: `https://api.openai.com/v1`. */
  readonly baseUrl: string;
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
  /** The output cap that is always sent (`design-money.md` part 2, 18). */
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
}

export type ChatRole = 'system' | 'developer' | 'user' | 'assistant' | 'tool';

export interface ChatMessage {
  readonly role: ChatRole;
  /** Null for an assistant message that only calls tools. */
  readonly content: string | readonly ContentPart[] | null;
  readonly name?: string;
  readonly toolCallId?: string;
  readonly toolCalls?: readonly ToolCall[];
  /** As received, unchanged: signatures that the provider wants back in the next turn. */
  readonly reasoningDetails?: unknown;
  readonly cacheTtl?: '5m' | '1h';
}

export type ContentPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly url: string }
  | { readonly type: 'audio'; readonly data: string; readonly mediaType: string }
  | {
      readonly type: 'file';
      readonly data: string;
      readonly mediaType: string;
      readonly filename?: string;
    };

export interface ToolDefinition {
  readonly name: string;
  readonly description?: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface ToolCall {
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
  | ToolCallFragment
  | { readonly type: 'refusal'; readonly text: string }
  | { readonly type: 'annotations'; readonly annotations: unknown }
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
  readonly reasoning: number;
  readonly images?: number;
}

/** Text, reasoning or a tool call: what commits an attempt. */
export function isContent(event: UpstreamEvent): boolean {
  return (
    event.type === 'toolCall' ||
    ((event.type === 'text' || event.type === 'reasoning' || event.type === 'refusal') &&
      event.text.length > 0)
  );
}

// ───────── the failure ─────────

/** What went wrong, finely enough to decide what to do next. */
export type UpstreamFailure =
  | 'CONNECT'
  | 'TLS'
  | 'CONNECT_TIMEOUT'
  | 'FIRST_CONTENT_TIMEOUT'
  | 'IDLE_TIMEOUT'
  | 'TOTAL_TIMEOUT'
  | 'STATUS'
  | 'RATE_LIMITED'
  | 'OVERLOADED'
  | 'CREDENTIAL'
  | 'CALLER'
  | 'CONTEXT_LENGTH'
  | 'CONTENT_POLICY'
  | 'CONTENT_TYPE'
  | 'MALFORMED'
  | 'CUT'
  | 'ERROR_IN_BODY';

export interface UpstreamFaultDetail {
  readonly failure: UpstreamFailure;
  readonly httpStatus?: number;
  /** The provider's own words: scrubbed, cut to 500 characters, safe to show. */
  readonly providerMessage?: string;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** Why an attempt failed. Whether content had been delivered is the caller's to know. */
export class UpstreamFault extends Fault {
  override readonly name = 'UpstreamFault';
  readonly failure: UpstreamFailure;
  readonly httpStatus: number | undefined;
  readonly providerMessage: string | undefined;

  constructor(detail: UpstreamFaultDetail) {
    super(codes[detail.failure], {
      public: detail.providerMessage
        ? `${sentences[detail.failure]} It said: ${detail.providerMessage}`
        : sentences[detail.failure],
      internal: `upstream ${detail.failure} ${detail.httpStatus ?? ''}`.trim(),
      ...(detail.retryAfterMs === undefined ? {} : { retryAfterMs: detail.retryAfterMs }),
      cause: detail.cause,
    });
    this.failure = detail.failure;
    this.httpStatus = detail.httpStatus;
    this.providerMessage = detail.providerMessage;
  }

  /**
   * The request itself was at fault: no other endpoint is tried for it, and no breaker counts it.
   */
  get callersFault(): boolean {
    return ['CALLER', 'CONTEXT_LENGTH', 'CONTENT_POLICY'].includes(this.failure);
  }
}

const codes: Record<UpstreamFailure, FaultCode> = {
  CONNECT: 'UPSTREAM_FAILED',
  TLS: 'UPSTREAM_FAILED',
  CONNECT_TIMEOUT: 'UPSTREAM_TIMEOUT',
  FIRST_CONTENT_TIMEOUT: 'UPSTREAM_TIMEOUT',
  IDLE_TIMEOUT: 'UPSTREAM_TIMEOUT',
  TOTAL_TIMEOUT: 'UPSTREAM_TIMEOUT',
  STATUS: 'UPSTREAM_FAILED',
  RATE_LIMITED: 'RATE_LIMITED',
  OVERLOADED: 'UPSTREAM_FAILED',
  CREDENTIAL: 'UPSTREAM_FAILED',
  CALLER: 'INVALID_INPUT',
  CONTEXT_LENGTH: 'CONTEXT_LENGTH_EXCEEDED',
  CONTENT_POLICY: 'CONTENT_FILTERED',
  CONTENT_TYPE: 'UPSTREAM_FAILED',
  MALFORMED: 'UPSTREAM_FAILED',
  CUT: 'UPSTREAM_FAILED',
  ERROR_IN_BODY: 'UPSTREAM_FAILED',
};

const sentences: Record<UpstreamFailure, string> = {
  CONNECT: 'The provider could not be reached.',
  TLS: 'The provider could not be reached securely.',
  CONNECT_TIMEOUT: 'The provider could not be reached in time.',
  FIRST_CONTENT_TIMEOUT: 'The provider gave no content in time.',
  IDLE_TIMEOUT: 'The provider stopped sending in the middle of its answer.',
  TOTAL_TIMEOUT: 'The answer took longer than is allowed.',
  STATUS: 'The provider failed.',
  RATE_LIMITED: 'The provider limits the rate of requests.',
  OVERLOADED: 'The provider is overloaded.',
  CREDENTIAL: "The provider refused the platform's credential.",
  CALLER: 'The provider refused the request as invalid.',
  CONTEXT_LENGTH: "The prompt is longer than the model's context.",
  CONTENT_POLICY: 'The provider refused the request by its content policy.',
  CONTENT_TYPE: 'The provider answered in a form that is not its protocol.',
  MALFORMED: 'The provider sent something that cannot be read.',
  CUT: 'The provider broke off without a proper end.',
  ERROR_IN_BODY: 'The provider reported an error in its answer.',
};
