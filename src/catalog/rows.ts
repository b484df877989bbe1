import type { EndpointStatus, Storage } from '#storage';
import type { Endpoint, Modality } from './market.ts';

/** The tables as they are read; the forms are those of prisma/schema.prisma. */
export interface ProviderRow {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly homepage: string | null;
  readonly statusPage: string | null;
  readonly connector: string;
  readonly baseUrl: string | null;
  readonly envVariable: string | null;
  readonly sealedSecret: Uint8Array | null;
  readonly trainsOnPrompts: boolean | null;
  readonly retainsPrompts: boolean | null;
  readonly retentionDays: number | null;
  readonly curated: boolean;
  readonly removedAt: Date | null;
}

export interface ModelRow {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly author: string;
  readonly description: string | null;
  readonly contextLength: number;
  readonly maxOutputTokens: number | null;
  readonly inputModalities: readonly string[];
  readonly outputModalities: readonly string[];
  readonly supportedParameters: readonly string[];
  readonly openWeights: boolean;
  readonly knowledgeCutoff: string | null;
  readonly aliases: readonly string[];
  readonly curated: boolean;
  readonly createdAt: Date;
  readonly deprecatedAt: Date | null;
  readonly removedAt: Date | null;
}

export interface EndpointRow {
  readonly id: string;
  readonly modelId: string;
  readonly providerId: string;
  readonly upstreamModel: string;
  readonly contextLength: number;
  readonly maxOutputTokens: number | null;
  readonly quantization: string | null;
  readonly supportedParameters: readonly string[];
  readonly enabled: boolean;
  readonly curated: boolean;
  readonly connectTimeoutMs: number | null;
  readonly firstContentTimeoutMs: number | null;
  readonly idleTimeoutMs: number | null;
  readonly totalTimeoutMs: number | null;
  readonly createdAt: Date;
  readonly removedAt: Date | null;
}

/** A price that is in force: it has no end. */
export interface PriceRow {
  readonly id: string;
  readonly endpointId: string;
  readonly from: Date;
  readonly prompt: bigint;
  readonly completion: bigint;
  readonly cacheRead: bigint | null;
  readonly cacheWrite: bigint | null;
  readonly cacheWriteHour: bigint | null;
  readonly reasoning: bigint | null;
  readonly image: bigint | null;
  readonly request: bigint | null;
  readonly tiers: unknown;
  readonly source: string | null;
  readonly checkedAt: Date | null;
}

/** An endpoint that is in trouble. */
export interface IncidentRow {
  readonly endpointId: string;
  readonly status: EndpointStatus;
  readonly reason: string | null;
  readonly since: Date;
  readonly seenAt: Date;
}

/** A parameter that an endpoint refused although it is listed for it. */
export interface RefusalRow {
  readonly endpointId: string;
  readonly parameter: string;
  readonly at: Date;
  readonly evidence: string;
}

/** All that a market is made of, by id. */
export interface Rows {
  readonly providers: ReadonlyMap<string, ProviderRow>;
  readonly models: ReadonlyMap<string, ModelRow>;
  readonly endpoints: ReadonlyMap<string, EndpointRow>;
  /** By the endpoint's id. */
  readonly prices: ReadonlyMap<string, PriceRow>;
  /** By the endpoint's id; most have none. */
  readonly refusals: ReadonlyMap<string, readonly RefusalRow[]>;
}

export const noRows: Rows = {
  providers: new Map(),
  models: new Map(),
  endpoints: new Map(),
  prices: new Map(),
  refusals: new Map(),
};

/** The ids to read anew, or all of them. */
export interface Stale {
  readonly providers: readonly string[] | 'all';
  readonly models: readonly string[] | 'all';
  readonly endpoints: readonly string[] | 'all';
}

/** Of what was written about these endpoints. */
export const staleOf = (endpoints: readonly Endpoint[]): Stale => ({
  providers: [...new Set(endpoints.map(({ provider }) => provider.id))],
  models: [...new Set(endpoints.map(({ model }) => model.id))],
  endpoints: endpoints.map(({ id }) => id),
});

export const allStale: Stale = { providers: 'all', models: 'all', endpoints: 'all' };

type Tables = 'provider' | 'model' | 'endpoint' | 'priceVersion' | 'refusedParameter';
type Reader = Pick<Storage['prisma'], Tables>;

/**
 * `known` with what is stale read anew. Rows are never deleted, save those of refusals, so what is
 * not read again stays as it was. Endpoints are read before what they belong to: another node may
 * write meanwhile, and an endpoint that is seen has its model and its provider in what is read
 * later.
 */
export async function readRows(reader: Reader, known: Rows, stale: Stale): Promise<Rows> {
  const inIds = (ids: readonly string[] | 'all') => (ids === 'all' ? {} : { id: { in: [...ids] } });
  const ofEndpoints = stale.endpoints === 'all' ? {} : { endpointId: { in: [...stale.endpoints] } };
  const some = (ids: readonly string[] | 'all') => ids === 'all' || ids.length > 0;
  const [endpoints, prices, refusals] = await Promise.all([
    some(stale.endpoints) ? reader.endpoint.findMany({ where: inIds(stale.endpoints) }) : [],
    some(stale.endpoints)
      ? reader.priceVersion.findMany({ where: { until: null, ...ofEndpoints } })
      : [],
    some(stale.endpoints) ? reader.refusedParameter.findMany({ where: ofEndpoints }) : [],
  ]);
  const [providers, models] = await Promise.all([
    some(stale.providers) ? reader.provider.findMany({ where: inIds(stale.providers) }) : [],
    some(stale.models) ? reader.model.findMany({ where: inIds(stale.models) }) : [],
  ]);
  return {
    providers: laidOver(known.providers, providers, byId),
    models: laidOver(known.models, models, byId),
    endpoints: laidOver(known.endpoints, endpoints, byId),
    prices: laidOver<PriceRow>(known.prices, prices, (price) => price.endpointId),
    refusals: inPlaceOf(known.refusals, stale.endpoints, refusals),
  };
}

/** Those of the stale endpoints as they were read, also where none was. */
function inPlaceOf(
  known: Rows['refusals'],
  stale: Stale['endpoints'],
  read: readonly RefusalRow[],
): Rows['refusals'] {
  if (stale !== 'all' && known.size === 0 && read.length === 0) return known;
  const kept = new Map(stale === 'all' ? [] : known);
  for (const id of stale === 'all' ? [] : stale) kept.delete(id);
  return new Map([...kept, ...Map.groupBy(read, ({ endpointId }) => endpointId)]);
}

/** Rows of two kinds of origin as one. */
export function together(a: Rows, b: Rows): Rows {
  return {
    providers: new Map([...a.providers, ...b.providers]),
    models: new Map([...a.models, ...b.models]),
    endpoints: new Map([...a.endpoints, ...b.endpoints]),
    prices: new Map([...a.prices, ...b.prices]),
    refusals: new Map([...a.refusals, ...b.refusals]),
  };
}

const byId = (row: { readonly id: string }) => row.id;

function laidOver<Row>(
  known: ReadonlyMap<string, Row>,
  read: readonly Row[],
  keyOf: (row: Row) => string,
): ReadonlyMap<string, Row> {
  return read.length === 0
    ? known
    : new Map([...known, ...read.map((row) => [keyOf(row), row] as const)]);
}

/** What stands in a text array of modalities: only this room writes it. */
export const modalitiesOf = (texts: readonly string[]) => texts as readonly Modality[];
