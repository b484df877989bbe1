import type { AttemptRecord, ChargeLine, SettlementRecord } from '#credits';
import type { Principal } from '#identity';
import type { Fault, Money } from '#kernel';
import type { ChatMessage } from '#upstream';

export type CompletionStatus = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

/** `BUDGET`: the credits or a limit ran out in the middle of the answer. */
export type FinishReason = NonNullable<SettlementRecord['finishReason']>;

/** Milliseconds for which who ran it can read its content after the end. */
export const keepMs = 600_000;

/** A completion as it can be read: while it runs, and after. */
export interface Completion {
  readonly id: string;
  readonly organizationId: string | null;
  readonly apiKeyId: string | null;
  readonly membershipId: string | null;
  readonly userId: string | null;
  readonly status: CompletionStatus;
  readonly requestedModel: string;
  readonly modelId: string | null;
  /** The endpoint that gave the answer. */
  readonly endpointId: string | null;
  readonly finishReason: FinishReason | null;
  readonly nativeFinishReason: string | null;
  readonly usage: Usage;
  readonly lines: readonly ChargeLine[];
  readonly attempts: readonly AttemptRecord[];
  readonly droppedParameters: readonly string[];
  readonly error: Fault | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
  readonly timeToFirstTokenMs: number | null;
  readonly latencyMs: number | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly endUser: string | null;
  readonly sessionId: string | null;
  readonly streamed: boolean;
  readonly app: string | null;
  /**
   * The answer and the prompt: while it runs and for 10 minutes after the end; null when they are
   * gone.
   */
  readonly content: Content | null;
}

export interface Content {
  readonly text: string;
  readonly reasoning: string | null;
  readonly reasoningDetails: unknown;
  readonly refusal: string | null;
  readonly annotations: unknown;
  readonly toolCalls: readonly ToolCallResult[];
  /** Addresses of the pictures in it. Like vectors, they are gone with the run. */
  readonly images: readonly string[];
  /** The stop that ended the text, where the provider says so. */
  readonly stopSequence: string | null;
  /** What an embedding was answered with, one for each text; null of everything else. */
  readonly vectors: readonly (readonly number[])[] | null;
  readonly messages: readonly ChatMessage[];
  /** Null while it runs. */
  readonly availableUntil: Date | null;
}

export interface ToolCallResult {
  readonly index: number;
  readonly callId: string;
  readonly name: string;
  readonly arguments: string;
}

/**
 * What was consumed and charged; final once the completion has ended. Amounts in 10⁻¹² US dollar.
 */
export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
  readonly cost: Money;
  readonly upstreamCost: Money;
  readonly fee: Money;
  readonly charged: Money;
  readonly estimated: boolean;
  readonly ownProviderKey: boolean;
}

export const noUsage: Usage = {
  promptTokens: 0,
  completionTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  cost: 0n,
  upstreamCost: 0n,
  fee: 0n,
  charged: 0n,
  estimated: false,
  ownProviderKey: false,
};

/** A completion of which nothing is known but who asked for it: it failed and cost nothing. */
export function blankCompletion(
  { id, error, at }: { readonly id: string; readonly error: Fault; readonly at: Date },
  principal: Principal,
): Completion {
  const apiKey = principal.kind === 'apiKey' ? principal.apiKey : null;
  return {
    id,
    organizationId: apiKey?.organizationId ?? null,
    apiKeyId: apiKey?.id ?? null,
    membershipId: apiKey?.membershipId ?? null,
    userId: principal.kind === 'user' ? principal.userId : null,
    status: 'FAILED',
    requestedModel: '',
    modelId: null,
    endpointId: null,
    finishReason: null,
    nativeFinishReason: null,
    usage: noUsage,
    lines: [],
    attempts: [],
    droppedParameters: [],
    error,
    createdAt: at,
    finishedAt: at,
    timeToFirstTokenMs: null,
    latencyMs: null,
    metadata: null,
    endUser: null,
    sessionId: null,
    streamed: true,
    app: null,
    content: null,
  };
}
