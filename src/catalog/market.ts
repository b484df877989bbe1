import type { Price, Secret } from '#kernel';

/**
 * The market as plain objects: what the router, the bill and the API read. One `Market` is
 * immutable; a change makes a new one with the next version. Objects refer to each other, so a
 * reader walks instead of looking up.
 */
export interface Market {
  /** Rises with every change on this node; a key for caches. */
  readonly version: number;
  /** By slug. Removed ones are reachable by id only. */
  readonly models: readonly Model[];
  readonly providers: readonly Provider[];
  /** By canonical slug, alias or id. Variants (`:floor`) are the router's to strip. */
  model(slugOrId: string): Model | undefined;
  provider(slugOrId: string): Provider | undefined;
  endpoint(id: string): Endpoint | undefined;
  /** Endpoints that are offered no longer: what they did is still their models' and providers'. */
  readonly withdrawn: readonly Endpoint[];
  /** What a person types ("sonnet", "llama 70b", "gpt 5 mini"): best first. */
  search(text: string): readonly Model[];
}

export type Modality = 'TEXT' | 'IMAGE' | 'AUDIO' | 'VIDEO' | 'FILE' | 'EMBEDDING';

export interface Model {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly author: string;
  readonly description: string | null;
  readonly createdAt: Date;
  readonly deprecatedAt: Date | null;
  readonly removedAt: Date | null;
  readonly contextLength: number;
  readonly maxOutputTokens: number | null;
  readonly inputModalities: readonly Modality[];
  readonly outputModalities: readonly Modality[];
  /** Without what all of its endpoints turned out to refuse. */
  readonly supportedParameters: readonly string[];
  readonly openWeights: boolean;
  readonly knowledgeCutoff: string | null;
  readonly aliases: readonly string[];
  /** Those offered now, cheapest first (3 prompt tokens + 1 completion token). */
  readonly endpoints: readonly Endpoint[];
}

/** One provider's offer of one model: what the router chooses among. */
export interface Endpoint {
  readonly id: string;
  readonly model: Model;
  readonly provider: Provider;
  readonly upstreamModel: string;
  readonly pricing: Pricing;
  readonly contextLength: number;
  readonly maxOutputTokens: number | null;
  readonly quantization: string | null;
  /**
   * In the field's names: `temperature`, `tools`, `response_format`, `structured_outputs`,
   * `reasoning`, …; without what it was seen to refuse.
   */
  readonly supportedParameters: ReadonlySet<string>;
  /** What it refused of what it is listed for. */
  readonly refusals: readonly RefusedParameter[];
  readonly enabled: boolean;
  readonly timeouts: {
    readonly connectMs: number | null;
    readonly firstContentMs: number | null;
    readonly idleMs: number | null;
    readonly totalMs: number | null;
  };
  readonly createdAt: Date;
  readonly removedAt: Date | null;
}

/** A parameter that an endpoint is listed for and was seen to refuse. */
export interface RefusedParameter {
  readonly parameter: string;
  readonly at: Date;
  /** What its provider said, without what may be a caller's. */
  readonly evidence: string;
}

export interface Provider {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly homepage: string | null;
  readonly statusPage: string | null;
  readonly connector: string;
  /** Where it is spoken to; null while that is not known, which is as good as not configured. */
  readonly baseUrl: string | null;
  /** The platform's credential; null when it has none. The sandbox needs none. */
  readonly secret: Secret | null;
  /** Can be spoken to: an address, and a credential where one is needed. */
  readonly configured: boolean;
  /** Variables of the environment that would configure it, as far as they are unset. */
  readonly unset: readonly string[];
  /** A simulation that is built in. */
  readonly sandbox: boolean;
  readonly dataPolicy: DataPolicy;
  readonly endpoints: readonly Endpoint[];
  readonly removedAt: Date | null;
}

/** Unknown counts as the worst: it trains and it keeps. */
export interface DataPolicy {
  readonly trainsOnPrompts: boolean;
  readonly retainsPrompts: boolean;
  readonly retentionDays: number | null;
}

/** 10⁻¹⁸ US dollar per token, image or request. */
export interface Prices {
  readonly prompt: Price;
  readonly completion: Price;
  readonly cacheRead: Price | null;
  readonly cacheWrite: Price | null;
  /** Of what is to be kept for an hour; null where it costs what any other write does. */
  readonly cacheWriteHour: Price | null;
  readonly reasoning: Price | null;
  readonly image: Price | null;
  readonly request: Price | null;
}

export interface Pricing extends Prices {
  /** Of the price version. */
  readonly id: string;
  readonly from: Date;
  /** Other prices under a condition; the last one that applies wins, key by key. */
  readonly tiers: readonly PriceTier[];
  readonly source: string | null;
  readonly checkedAt: Date | null;
}

export interface PriceTier {
  /** Applies to prompts longer than this. */
  readonly minPromptTokens?: number;
  /** Half-open, HHMM in UTC, may wrap. */
  readonly utcStart?: string;
  readonly utcEnd?: string;
  readonly prompt?: Price;
  readonly completion?: Price;
  readonly cacheRead?: Price;
  readonly cacheWrite?: Price;
  readonly cacheWriteHour?: Price;
  readonly reasoning?: Price;
}
