import type { Modality } from './market.ts';

/**
 * What administrators write, in the contract's names. An absent field stays as it is (of a new
 * thing: unknown); null clears it, and is refused where there is always something. Prices are US
 * dollars per unit as exact decimal texts.
 */
export interface ProviderUpsert {
  readonly slug: string;
  readonly name: string;
  readonly homepage?: string | null | undefined;
  readonly statusPage?: string | null | undefined;
  readonly connector: string;
  readonly baseUrl?: string | null | undefined;
  readonly secret?: string | null | undefined;
  readonly trainsOnPrompts?: boolean | null | undefined;
  readonly retainsPrompts?: boolean | null | undefined;
  readonly retentionDays?: number | null | undefined;
}

export interface ModelUpsert {
  readonly slug: string;
  readonly name: string;
  readonly author: string;
  readonly description?: string | null | undefined;
  readonly contextLength: number;
  readonly maxOutputTokens?: number | null | undefined;
  readonly inputModalities?: readonly Modality[] | null | undefined;
  readonly outputModalities?: readonly Modality[] | null | undefined;
  readonly supportedParameters?: readonly string[] | null | undefined;
  readonly openWeights?: boolean | null | undefined;
  readonly aliases?: readonly string[] | null | undefined;
  readonly knowledgeCutoff?: string | null | undefined;
  readonly deprecatedAt?: Date | null | undefined;
  readonly createdAt?: Date | null | undefined;
}

export interface EndpointUpsert {
  readonly model: string;
  readonly provider: string;
  readonly upstreamModel: string;
  readonly pricing: PricingUpsert;
  readonly contextLength?: number | null | undefined;
  readonly maxOutputTokens?: number | null | undefined;
  readonly quantization?: string | null | undefined;
  readonly supportedParameters?: readonly string[] | null | undefined;
  readonly connectTimeoutMs?: number | null | undefined;
  readonly firstContentTimeoutMs?: number | null | undefined;
  readonly idleTimeoutMs?: number | null | undefined;
  readonly totalTimeoutMs?: number | null | undefined;
}

export interface PricingUpsert {
  readonly promptPerToken: string;
  readonly completionPerToken: string;
  readonly cacheReadPerToken?: string | null | undefined;
  readonly cacheWritePerToken?: string | null | undefined;
  readonly cacheWriteHourPerToken?: string | null | undefined;
  readonly reasoningPerToken?: string | null | undefined;
  readonly perImage?: string | null | undefined;
  readonly perRequest?: string | null | undefined;
}
