import type { Money, Price } from '#kernel';

/**
 * The words between whoever spends and the ledger. Amounts are 10⁻¹² US dollar, prices 10⁻¹⁸.
 */

/** Anything that limits spend: the organization's credits, a member's month, a key's period. */
export interface AllowanceTarget {
  readonly kind: 'ORGANIZATION' | 'MEMBER' | 'API_KEY';
  /** The organization's, membership's or key's id. */
  readonly id: string;
  /** The limit of the period; null for credits, whose limit is the balance. */
  readonly limit: Money | null;
  /** `NONE` is one period for ever. Ignored for credits. */
  readonly period: 'NONE' | 'DAILY' | 'WEEKLY' | 'MONTHLY';
  /**
   * How often the limit began anew. A new one counts from what was charged in its period until
   * then. Ignored for credits.
   */
  readonly number: number;
}

/** What an admission asks for. */
export interface HoldRequest {
  readonly completion: string;
  /** The organization's credits first, then at most one member's and one key's limit. */
  readonly targets: readonly AllowanceTarget[];
  readonly amount: Money;
}

/** Money set aside for one completion: in memory only; it dies with the node's session. */
export interface Hold {
  readonly completion: string;
  /** All that is set aside now. */
  readonly amount: Money;
  /**
   * What every allowance could pay at admission, this hold included, as far as this node knew then:
   * the upper end of any extension, and so of the output cap that is sent upstream.
   */
  readonly affordable: Money;
  /**
   * Sets aside `by` more from what the node has leased; false when that is used up. Never waits:
   * the lease is refilled in the background before it runs out.
   */
  extend(by: Money): boolean;
  /**
   * To be asked before anything is sent to a provider: false when others took this node for dead
   * and its money is gone. Without I/O unless a clock says that this may be so; then it asks the
   * database, for 700 ms at most.
   */
  covered(): Promise<boolean>;
  /**
   * Ends the hold with what the completion came to. `record.charged` ≤ `amount`. Resolves once the
   * record is durable; posting to the ledger follows within some 50 ms. To be called exactly once;
   * a second call is an invariant violation. Null: nothing is recorded and all is given back (a
   * refusal after the hold).
   */
  end(record: SettlementRecord | null): Promise<void>;
}

/**
 * 10⁻¹⁸ US dollar per token, image or request. A kind without an own price (null) costs what its
 * base kind does.
 */
export interface UnitPrices {
  readonly prompt: Price;
  readonly completion: Price;
  readonly cacheRead: Price | null;
  readonly cacheWrite: Price | null;
  /** Of what is kept for an hour; null where it costs what any other write does. */
  readonly cacheWriteHour: Price | null;
  readonly reasoning: Price | null;
  readonly image: Price | null;
  readonly request: Price | null;
}

export type ChargeKind =
  | 'PROMPT'
  | 'CACHE_READ'
  | 'CACHE_WRITE'
  | 'COMPLETION'
  | 'REASONING'
  | 'IMAGE'
  | 'REQUEST'
  | 'FEE'
  | 'WAIVED';

export interface ChargeLine {
  readonly kind: ChargeKind;
  readonly quantity: number;
  readonly unitPrice: Price;
  readonly amount: Money;
  /** Null for FEE and WAIVED. */
  readonly endpointId: string | null;
}

export interface AttemptRecord {
  readonly endpointId: string;
  /** The organization's own key that it was made with; else the platform's credential was. */
  readonly providerKeyId?: string | null;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly outcome:
    | 'SUCCEEDED'
    | 'REJECTED'
    | 'RATE_LIMITED'
    | 'TIMED_OUT'
    | 'FAILED'
    | 'BROKE_OFF'
    | 'CANCELLED';
  /** Whether the provider was asked for a stream. */
  readonly streamed: boolean;
  /** From sending to the first content; null without any, and of an answer in one piece. */
  readonly timeToFirstTokenMs: number | null;
  readonly httpStatus: number | null;
  readonly message: string | null;
}

export interface TokenUsage {
  /** All prompt tokens, cached ones included. */
  readonly prompt: number;
  /** All generated tokens, reasoning included. */
  readonly completion: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** Of `cacheWrite`: what is kept for an hour. */
  readonly cacheWriteHour?: number;
  readonly reasoning: number;
}

/**
 * All that is known of a completion when it ends: what the journal keeps and what posting turns
 * into the completion's row, its ledger entry and its usage. Written once.
 */
export interface SettlementRecord {
  readonly completion: string;
  readonly organizationId: string;
  readonly apiKeyId: string | null;
  readonly membershipId: string | null;
  readonly userId: string | null;
  readonly status: 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  readonly finishReason:
    | 'STOP'
    | 'LENGTH'
    | 'TOOL_CALLS'
    | 'CONTENT_FILTER'
    | 'BUDGET'
    | 'CANCELLED'
    | 'ERROR'
    | null;
  readonly nativeFinishReason: string | null;
  readonly requestedModel: string;
  readonly modelId: string | null;
  readonly endpointId: string | null;
  readonly providerId: string | null;
  readonly tokens: TokenUsage;
  readonly estimated: boolean;
  readonly ownProviderKey: boolean;
  readonly lines: readonly ChargeLine[];
  /** The provider's price of what is charged: net of what is waived; 0 with an own provider key. */
  readonly cost: Money;
  readonly upstreamCost: Money;
  readonly fee: Money;
  /** cost + fee = Σ lines: what leaves the account. */
  readonly charged: Money;
  /** What the charge policy took back: cost and fee at full price are `charged` + `waived`. */
  readonly waived: Money;
  readonly attempts: readonly AttemptRecord[];
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly droppedParameters: readonly string[];
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly endUser: string | null;
  readonly sessionId: string | null;
  readonly app: string | null;
  readonly streamed: boolean;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly finishedAt: string;
  readonly timeToFirstTokenMs: number | null;
  readonly latencyMs: number;
  /** The idempotency claim that it must own to charge; null without a key. */
  readonly claim: { readonly principal: string; readonly key: string; readonly gen: number } | null;
}
