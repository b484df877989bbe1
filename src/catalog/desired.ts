import { derivedId, parsePrice } from '#kernel';
import type { TierTexts } from './offer.ts';
import { endpointKey, type Snapshot, type SnapshotEndpoint } from './snapshot.ts';

/** What the tables should hold for a snapshot: rows by id, without what an import never decides. */
export interface Desired {
  readonly asOf: string;
  readonly providers: ReadonlyMap<string, DesiredProvider>;
  readonly models: ReadonlyMap<string, DesiredModel>;
  readonly endpoints: ReadonlyMap<string, DesiredEndpoint>;
}

export type DesiredProvider = ReturnType<typeof providerRow>;
export type DesiredModel = ReturnType<typeof modelRow>;

export interface DesiredEndpoint {
  readonly row: ReturnType<typeof endpointRow>;
  readonly price: ReturnType<typeof priceRow>;
}

/** Ids of the three kinds, the same on every install: they follow from the natural keys. */
export const modelId = (slug: string) => derivedId('model', slug);
export const providerId = (slug: string) => derivedId('provider', slug);
export const endpointId = (of: Parameters<typeof endpointKey>[0]) =>
  derivedId('endpoint', endpointKey(of));

/** A snapshot with what is built in beside it; the snapshot's day is the day of both. */
export function desiredOf(snapshot: Snapshot, builtIn?: Snapshot): Desired {
  const snapshots = builtIn ? [snapshot, builtIn] : [snapshot];
  const all = <Part>(part: (of: Snapshot) => readonly Part[]) => snapshots.flatMap(part);
  return {
    asOf: snapshot.asOf,
    providers: byId(all((of) => of.providers).map(providerRow)),
    models: byId(all((of) => of.models).map(modelRow)),
    endpoints: new Map(
      all((of) => of.endpoints).map((endpoint) => [
        endpointId(endpoint),
        { row: endpointRow(endpoint), price: priceRow(endpoint) },
      ]),
    ),
  };
}

function providerRow(provider: Snapshot['providers'][number]) {
  const { slug, name, connector, homepage = null, statusPage = null, baseUrl = null } = provider;
  const { trainsOnPrompts = null, retainsPrompts = null, retentionDays = null } = provider;
  const { envVariable = null } = provider;
  const address = { homepage, statusPage, connector, baseUrl, envVariable };
  const policy = { trainsOnPrompts, retainsPrompts, retentionDays };
  return { id: providerId(slug), slug, name, ...address, ...policy };
}

function modelRow(model: Snapshot['models'][number]) {
  const { description = null, maxOutputTokens = null, knowledgeCutoff = null, ...rest } = model;
  const createdAt = new Date(`${model.createdAt}T00:00:00Z`);
  const optional = { description, maxOutputTokens, knowledgeCutoff };
  return { id: modelId(model.slug), ...rest, ...optional, createdAt };
}

function endpointRow(endpoint: SnapshotEndpoint) {
  const { model, provider, upstreamModel, contextLength, supportedParameters } = endpoint;
  const { maxOutputTokens = null, quantization = null } = endpoint;
  return {
    id: endpointId(endpoint),
    modelId: modelId(model),
    providerId: providerId(provider),
    upstreamModel,
    contextLength,
    maxOutputTokens,
    quantization,
    supportedParameters,
  };
}

function priceRow({ prices, tiers = [], source, checkedAt }: SnapshotEndpoint) {
  const price = (text: string | undefined) => (text === undefined ? null : parsePrice(text));
  return {
    prompt: parsePrice(prices.prompt),
    completion: parsePrice(prices.completion),
    cacheRead: price(prices.cacheRead),
    cacheWrite: price(prices.cacheWrite),
    cacheWriteHour: price(prices.cacheWriteHour),
    reasoning: price(prices.reasoning),
    image: price(prices.image),
    request: price(prices.request),
    tiers: tiers as TierTexts[],
    source,
    checkedAt: new Date(`${checkedAt}T00:00:00Z`),
  };
}

function byId<Row extends { readonly id: string }>(rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [row.id, row]));
}
