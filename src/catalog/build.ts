import { invariant, type Secret } from '#kernel';
import type {
  DataPolicy,
  Endpoint,
  Market,
  Model,
  Pricing,
  Provider,
  RefusedParameter,
} from './market.ts';
import { basePrices, blendedPrice } from './pricing.ts';
import type { EndpointRow, ModelRow, PriceRow, ProviderRow, Rows } from './rows.ts';
import { modalitiesOf } from './rows.ts';
import { isSandbox } from './sandbox.ts';
import { openSearch } from './search.ts';
import { readTiers } from './tiers.ts';

/** How a provider is reached from here: what no table holds in the open. */
export interface Access {
  baseUrl(row: ProviderRow): string | null;
  secret(row: ProviderRow): Secret | null;
  /** The variables that would tell what is not known of these two. */
  unset(row: ProviderRow): readonly string[];
  /** Takes no credential: it runs here. */
  isOpen(row: ProviderRow): boolean;
}

/**
 * Lists that are filled while the objects that hold them are made, and frozen by their type
 * afterwards.
 */
interface Offers {
  readonly ofModel: Map<string, Endpoint[]>;
  readonly ofProvider: Map<string, Endpoint[]>;
}

/** A market from its rows. An endpoint without a price in force is none. */
export function buildMarket(rows: Rows, access: Access, version: number): Market {
  const offers: Offers = { ofModel: new Map(), ofProvider: new Map() };
  const providers = mapped(rows.providers, (row) =>
    providerOf(row, access, listIn(offers.ofProvider, row.id)),
  );
  const lost = lostIn(rows);
  const models = mapped(rows.models, (row) =>
    modelOf(row, { endpoints: listIn(offers.ofModel, row.id), lost: lost.get(row.id) }),
  );
  const endpoints = new Map<string, Endpoint>();
  for (const row of rows.endpoints.values()) {
    const price = rows.prices.get(row.id);
    const [model, provider] = [models.get(row.modelId), providers.get(row.providerId)];
    invariant(model && provider, 'An endpoint has a model and a provider.');
    const refusals = rows.refusals.get(row.id) ?? noRefusals;
    if (price) endpoints.set(row.id, endpointOf(row, price, { model, provider, refusals }));
  }
  fill(offers, endpoints.values());
  return marketOf({ version, models, providers, endpoints });
}

interface Parts {
  readonly version: number;
  readonly models: ReadonlyMap<string, Model>;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly endpoints: ReadonlyMap<string, Endpoint>;
}

function marketOf({ version, models, providers, endpoints }: Parts): Market {
  const offered = [...models.values()].filter(isThere).sort(bySlug);
  const present = [...providers.values()].filter(isThere).sort(bySlug);
  const modelNames = namesOf(offered);
  const providerNames = new Map(present.map((provider) => [provider.slug, provider]));
  return {
    version,
    models: offered,
    providers: present,
    model: (slugOrId) =>
      modelNames.get(slugOrId) ?? models.get(slugOrId) ?? modelNames.get(slugOrId.toLowerCase()),
    provider: (slugOrId) => providerNames.get(slugOrId) ?? providers.get(slugOrId),
    endpoint: (id) => endpoints.get(id),
    withdrawn: [...endpoints.values()].filter((endpoint) => !stands(endpoint)),
    search: searchOf(offered),
  };
}

/** Its index is made when somebody searches: many a market is replaced before that. */
function searchOf(models: readonly Model[]): Market['search'] {
  let find: Market['search'] | undefined;
  return (text) => {
    find ??= openSearch(models);
    return find(text);
  };
}

/**
 * Slugs and aliases; where an administrator gave an alias that is another's slug, the slug holds.
 */
function namesOf(models: readonly Model[]): ReadonlyMap<string, Model> {
  const names = new Map<string, Model>();
  for (const model of models) for (const alias of model.aliases) names.set(alias, model);
  for (const model of models) names.set(model.slug, model);
  return names;
}

/** Puts each endpoint that is offered into its model's and its provider's list, in their orders. */
function fill({ ofModel, ofProvider }: Offers, endpoints: Iterable<Endpoint>): void {
  for (const endpoint of endpoints) {
    if (!stands(endpoint)) continue;
    listIn(ofModel, endpoint.model.id).push(endpoint);
    listIn(ofProvider, endpoint.provider.id).push(endpoint);
  }
  for (const list of ofModel.values()) list.sort(byPrice);
  for (const list of ofProvider.values()) list.sort(byModel);
}

const stands = (endpoint: Endpoint) =>
  isThere(endpoint) && isThere(endpoint.model) && isThere(endpoint.provider);

/** Can be spoken to: an address, and a credential where one is needed. */
export const isConfigured = (access: Access) => (row: ProviderRow) =>
  access.baseUrl(row) !== null && (access.secret(row) !== null || access.isOpen(row));

function providerOf(row: ProviderRow, access: Access, endpoints: readonly Endpoint[]): Provider {
  const sandbox = isSandbox(row.slug);
  const [baseUrl, secret] = [access.baseUrl(row), access.secret(row)];
  const { id, slug, name, homepage, statusPage, connector, removedAt } = row;
  const configured = isConfigured(access)(row);
  const unset = configured ? [] : access.unset(row);
  const shown = { id, slug, name, homepage, statusPage, connector, removedAt, unset };
  return { ...shown, baseUrl, secret, configured, sandbox, dataPolicy: policyOf(row), endpoints };
}

function policyOf({ trainsOnPrompts, retainsPrompts, retentionDays }: ProviderRow): DataPolicy {
  return {
    trainsOnPrompts: trainsOnPrompts ?? true,
    retainsPrompts: retainsPrompts ?? true,
    retentionDays,
  };
}

interface Offered {
  readonly endpoints: readonly Endpoint[];
  /** What none of them takes any more. */
  readonly lost: ReadonlySet<string> | undefined;
}

function modelOf(row: ModelRow, { endpoints, lost }: Offered): Model {
  const { curated, inputModalities, outputModalities, ...rest } = row;
  const input = modalitiesOf(inputModalities);
  const output = modalitiesOf(outputModalities);
  const supportedParameters = lost
    ? row.supportedParameters.filter((parameter) => !lost.has(parameter))
    : row.supportedParameters;
  const lists = { supportedParameters, inputModalities: input, outputModalities: output };
  return { ...rest, ...lists, endpoints };
}

/**
 * By model: what an endpoint that is offered was seen to refuse, and no other one takes. What was
 * never refused is not looked at.
 */
function lostIn(rows: Rows): ReadonlyMap<string, ReadonlySet<string>> {
  const lost = new Map<string, Set<string>>();
  const offered = [...rows.endpoints.values()].filter((row) => isOffered(row, rows));
  for (const { id, modelId } of offered) {
    for (const { parameter } of rows.refusals.get(id) ?? noRefusals) {
      const ofModel = lost.get(modelId) ?? new Set();
      lost.set(modelId, ofModel.add(parameter));
    }
  }
  if (lost.size === 0) return lost;
  for (const row of offered) {
    const taken = supportedBy(row, rows.refusals.get(row.id) ?? noRefusals);
    for (const parameter of taken) lost.get(row.modelId)?.delete(parameter);
  }
  return lost;
}

const isOffered = (row: EndpointRow, { prices, providers }: Rows) =>
  isThere(row) && prices.has(row.id) && providers.get(row.providerId)?.removedAt === null;

const noRefusals: Endpoint['refusals'] = [];

function endpointOf(
  row: EndpointRow,
  price: PriceRow,
  { model, provider, refusals }: Pick<Endpoint, 'model' | 'provider' | 'refusals'>,
): Endpoint {
  const { id, upstreamModel, contextLength, maxOutputTokens, quantization, enabled } = row;
  const { createdAt, removedAt } = row;
  const plain = { id, upstreamModel, contextLength, maxOutputTokens, quantization, enabled };
  return {
    ...plain,
    createdAt,
    removedAt,
    model,
    provider,
    pricing: pricingOf(price),
    supportedParameters: new Set(supportedBy(row, refusals)),
    refusals,
    timeouts: {
      connectMs: row.connectTimeoutMs,
      firstContentMs: row.firstContentTimeoutMs,
      idleMs: row.idleTimeoutMs,
      totalMs: row.totalTimeoutMs,
    },
  };
}

/** What it is listed for and did not refuse. */
function supportedBy(
  { supportedParameters }: EndpointRow,
  refusals: readonly RefusedParameter[],
): readonly string[] {
  if (refusals.length === 0) return supportedParameters;
  const refused = new Set(refusals.map(({ parameter }) => parameter));
  return supportedParameters.filter((parameter) => !refused.has(parameter));
}

/** A row of `price_version` as the bill reads it; also for prices that have ended. */
export function pricingOf(row: PriceRow): Pricing {
  const { id, from, source, checkedAt } = row;
  return { id, from, ...basePrices(row), tiers: readTiers(row.tiers), source, checkedAt };
}

const isThere = ({ removedAt }: { readonly removedAt: Date | null }) => removedAt === null;

const bySlug = (a: { readonly slug: string }, b: { readonly slug: string }) =>
  a.slug < b.slug ? -1 : a.slug > b.slug ? 1 : 0;

/**
 * Cheapest first; of equal ones by provider, then id, so that the order never changes by itself.
 */
function byPrice(a: Endpoint, b: Endpoint): number {
  const [left, right] = [blendedPrice(a.pricing), blendedPrice(b.pricing)];
  if (left !== right) return left < right ? -1 : 1;
  return bySlug(a.provider, b.provider) || (a.id < b.id ? -1 : 1);
}

const byModel = (a: Endpoint, b: Endpoint) => bySlug(a.model, b.model) || (a.id < b.id ? -1 : 1);

function listIn(lists: Map<string, Endpoint[]>, id: string): Endpoint[] {
  const list = lists.get(id) ?? [];
  lists.set(id, list);
  return list;
}

function mapped<Row extends { readonly id: string }, Made>(
  rows: ReadonlyMap<string, Row>,
  make: (row: Row) => Made,
): ReadonlyMap<string, Made> {
  return new Map([...rows.values()].map((row) => [row.id, make(row)]));
}
