import type { Modality } from '#catalog';
import type { RoutingPolicy } from '#identity';
import type { Price } from '#kernel';
import type { OwnKeys } from './own-keys.ts';

/**
 * One question to the router: everything that decides where a request may go and where it goes
 * first.
 */
export interface RouteRequest {
  /** As asked for: a slug, an alias or an id, with variants (`:floor`, `:nitro`, `:free`). */
  readonly model: string;
  /** Tried in order when no endpoint of `model` can answer. */
  readonly fallbackModels: readonly string[];
  readonly preferences: RoutePreferences;
  readonly needs: RouteNeeds;
  /** An upper bound; 0 when nothing is known of the prompt. */
  readonly promptTokens: number;
  /** The caller's cap on the answer; null without one. */
  readonly maxTokens: number | null;
  /** The organization's policy: a request can narrow it, never widen it. */
  readonly policy: RoutingPolicy;
  /** Of the API key; null allows all. */
  readonly allowedModels: readonly string[] | null;
  /** Credentials of whoever pays: a provider that they have one for counts as configured. */
  readonly ownKeys: OwnKeys;
  /** Whose session `sessionId` is; null for a caller without credentials, who has none. */
  readonly organizationId: string | null;
  readonly sessionId: string | null;
  /** When it was admitted: decides among prices that depend on the hour. */
  readonly at: Date;
}

/**
 * The part of the contract's `ProviderPreferences` that chooses endpoints, with its defaults
 * applied.
 */
export interface RoutePreferences {
  readonly order: readonly string[] | null;
  readonly only: readonly string[] | null;
  readonly ignore: readonly string[] | null;
  readonly allowFallbacks: boolean;
  readonly requireParameters: boolean;
  readonly sort: RouteSort | null;
  readonly quantizations: readonly string[] | null;
  /** 10⁻¹⁸ US dollar a token. */
  readonly maxPromptPrice: Price | null;
  readonly maxCompletionPrice: Price | null;
  readonly maxTimeToFirstTokenMs: number | null;
  readonly minTokensPerSecond: number | null;
  readonly allowTraining: boolean | null;
  readonly zeroRetention: boolean | null;
}

export type RouteSort = 'PRICE' | 'THROUGHPUT' | 'LATENCY';

/** What an endpoint must take to serve the request. */
export interface RouteNeeds {
  /**
   * Parameters that the request uses, in the field's names (`tools`, `seed`, `response_format`, …).
   */
  readonly parameters: ReadonlySet<string>;
  /** Those without which an endpoint is of no use; a dry run names them. */
  readonly requiredParameters: ReadonlySet<string>;
  readonly inputModalities: ReadonlySet<Modality>;
  readonly outputModality: Modality;
  readonly images: number;
  /** A part of the prompt is marked to be kept by the provider for an hour. */
  readonly cachedForAnHour?: boolean;
}

/** No wish: the default of every preference. */
export const noPreferences: RoutePreferences = {
  order: null,
  only: null,
  ignore: null,
  allowFallbacks: true,
  requireParameters: false,
  sort: null,
  quantizations: null,
  maxPromptPrice: null,
  maxCompletionPrice: null,
  maxTimeToFirstTokenMs: null,
  minTokensPerSecond: null,
  allowTraining: null,
  zeroRetention: null,
};

/** A plain text prompt without parameters. */
export const textNeeds: RouteNeeds = {
  parameters: new Set(),
  requiredParameters: new Set(),
  inputModalities: new Set(['TEXT']),
  outputModality: 'TEXT',
  images: 0,
};
