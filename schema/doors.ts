import type { Endpoint, Model, Provider } from '#catalog';
import type { ApiKey, Principal } from '#identity';
import type { Money } from '#kernel';

/**
 * What the API asks of rooms that write for administrators and keep accounts. `app.ts` hands the rooms in; a test
 * hands in what it likes. Functions that write throw a `Fault` for what is refused and check by themselves that the
 * principal may.
 */
export interface CreditsDoor {
  /** Posts what is acknowledged, so that the rows read next are exact. */
  post(): Promise<void>;
  /** Set aside now by running completions of the organization, 10⁻¹² US dollar. */
  held(organizationId: string): Promise<Money>;
  /** What a key has spent and set aside in its current period, and when the next one starts. */
  keySpend(key: KeyLimit): Promise<KeySpend>;
  /** The ledger entry of the grant; the same one for a repeated key. */
  grant(principal: Principal, grant: Grant): Promise<{ readonly entryId: string }>;
}

export type KeyLimit = Pick<ApiKey, 'id' | 'creditLimit' | 'limitPeriod'>;

export interface KeySpend {
  readonly spent: Money;
  readonly held: Money;
  readonly periodEndsAt: Date | null;
}

export interface Grant {
  readonly organizationId: string;
  readonly amount: Money;
  readonly reason: string;
  readonly idempotencyKey: string;
}

export interface CatalogDoor {
  upsertProvider(principal: Principal, input: ProviderUpsert): Promise<Provider>;
  upsertModel(principal: Principal, input: ModelUpsert): Promise<Model>;
  upsertEndpoint(principal: Principal, input: EndpointUpsert): Promise<Endpoint>;
  setEndpointEnabled(principal: Principal, id: string, enabled: boolean): Promise<Endpoint>;
  removeEndpoint(principal: Principal, id: string): Promise<Endpoint>;
}

/** Absent fields stay as they are; null clears. Decimals are US dollars per token, as strings. */
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
  readonly inputModalities?: Model['inputModalities'] | null | undefined;
  readonly outputModalities?: Model['outputModalities'] | null | undefined;
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
  readonly reasoningPerToken?: string | null | undefined;
  readonly perImage?: string | null | undefined;
  readonly perRequest?: string | null | undefined;
}
