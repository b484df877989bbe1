import { InvalidInput } from '#kernel';
import {
  type CanServe,
  cheapestEndpoint,
  isUsable,
  type ModelFilter,
  modelFilter,
} from './filter.ts';
import type { Endpoint, Market, Model } from './market.ts';

export type ModelOrderField =
  | 'RELEVANCE'
  | 'NAME'
  | 'CREATED_AT'
  | 'CONTEXT_LENGTH'
  | 'PROMPT_PRICE'
  | 'COMPLETION_PRICE'
  | 'THROUGHPUT'
  | 'LATENCY'
  | 'UPTIME'
  | 'POPULARITY';

export interface ModelOrder {
  readonly field: ModelOrderField;
  readonly direction?: 'ASC' | 'DESC' | null | undefined;
}

export interface ModelQuery {
  readonly search?: string | null | undefined;
  readonly filter?: ModelFilter | null | undefined;
  readonly orderBy?: ModelOrder | null | undefined;
}

/**
 * What only the live metrics know; null where there was no traffic. Absent: nothing is known of any
 * model.
 */
export interface LiveScores {
  readonly throughput?: (model: Model) => number | null;
  readonly latency?: (model: Model) => number | null;
  readonly uptime?: (model: Model) => number | null;
  readonly popularity?: (model: Model) => number | null;
}

export interface ListingOptions {
  /** Default: it is enabled and its provider is configured. */
  readonly canServe?: CanServe;
  readonly scores?: LiveScores;
}

/** Nobody types more; each word of it is looked for among all words, also with a letter wrong. */
export const searchMax = 300;

/**
 * The models that a search and a filter leave, in order. Without `orderBy` the best match comes
 * first when something is searched, else the most used. Models without the value come last in
 * either direction; ties go by slug.
 *
 * @throws InvalidInput with the paths `search` and `filter.…`.
 */
export function listModels(
  market: Market,
  { search, filter, orderBy }: ModelQuery,
  { canServe = isUsable, scores = {} }: ListingOptions = {},
): readonly Model[] {
  const text = search?.trim() ?? '';
  if (text.length > searchMax) {
    throw InvalidInput.at('search', 'It is too long.', `up to ${searchMax} characters`);
  }
  const fits = modelFilter(filter ?? {}, canServe);
  const field = orderBy?.field ?? (text === '' ? 'POPULARITY' : 'RELEVANCE');
  const direction = orderBy?.direction ?? (ascending.has(field) ? 'ASC' : 'DESC');
  if (text === '' && lasting.has(field)) return wholeMarket(market, field, direction).filter(fits);
  const models = (text === '' ? market.models : market.search(text)).filter(fits);
  if (field === 'RELEVANCE') return direction === 'DESC' ? models : [...models].reverse();
  return sorted(models, direction, (model) => rankedBy(field, model, { canServe, scores }));
}

function sorted(
  models: readonly Model[],
  direction: Direction,
  rank: (model: Model) => Value,
): readonly Model[] {
  const values = new Map(models.map((model) => [model, rank(model)]));
  return [...models].sort(
    (a, b) => compare(values.get(a), values.get(b), direction) || bySlug(a, b),
  );
}

type Direction = 'ASC' | 'DESC';

/** Orders that are the same for as long as the market is. */
const lasting: ReadonlySet<ModelOrderField> = new Set(['NAME', 'CREATED_AT', 'CONTEXT_LENGTH']);
const wholeMarkets = new WeakMap<Market, Map<string, readonly Model[]>>();

/** All models in a lasting order, sorted once for each market. */
function wholeMarket(market: Market, field: ModelOrderField, direction: Direction) {
  const orders = wholeMarkets.get(market) ?? new Map<string, readonly Model[]>();
  wholeMarkets.set(market, orders);
  const name = `${field} ${direction}`;
  const known = orders.get(name);
  if (known) return known;
  const how = { canServe: isUsable, scores: {} };
  const models = sorted(market.models, direction, (model) => rankedBy(field, model, how));
  orders.set(name, models);
  return models;
}

const ascending: ReadonlySet<ModelOrderField> = new Set([
  'NAME',
  'PROMPT_PRICE',
  'COMPLETION_PRICE',
  'LATENCY',
]);

type Value = string | number | bigint | null | undefined;

function rankedBy(
  field: ModelOrderField,
  model: Model,
  { canServe, scores }: { canServe: CanServe; scores: LiveScores },
): Value {
  switch (field) {
    case 'NAME':
      return model.name.toLowerCase();
    case 'CREATED_AT':
      return model.createdAt.getTime();
    case 'CONTEXT_LENGTH':
      return model.contextLength;
    case 'PROMPT_PRICE':
      return cheapestEndpoint(model, canServe)?.pricing.prompt;
    case 'COMPLETION_PRICE':
      return cheapestEndpoint(model, canServe)?.pricing.completion;
    case 'THROUGHPUT':
      return scores.throughput?.(model);
    case 'LATENCY':
      return scores.latency?.(model);
    case 'UPTIME':
      return scores.uptime?.(model);
    case 'POPULARITY':
      return scores.popularity?.(model);
    case 'RELEVANCE':
      return null;
  }
}

function compare(a: Value, b: Value, direction: Direction): number {
  if (a == null || b == null) return Number(a == null) - Number(b == null);
  const order = a < b ? -1 : a > b ? 1 : 0;
  return direction === 'ASC' ? order : -order;
}

const bySlug = (a: Model, b: Model) => (a.slug < b.slug ? -1 : a.slug > b.slug ? 1 : 0);

export interface Facet {
  readonly value: string;
  readonly count: number;
}

/** How many of these models each author, provider and parameter has; most first, ties by name. */
export function facetsOf(models: readonly Model[]) {
  const sellers = (endpoints: readonly Endpoint[]) =>
    endpoints.map(({ provider }) => provider.slug);
  return {
    authors: counted(models.map(({ author }) => [author])),
    providers: counted(models.map(({ endpoints }) => sellers(endpoints))),
    supportedParameters: counted(models.map(({ supportedParameters }) => supportedParameters)),
  };
}

function counted(lists: readonly (readonly string[])[]): Facet[] {
  const counts = new Map<string, number>();
  for (const list of lists) {
    for (const value of new Set(list)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
}
