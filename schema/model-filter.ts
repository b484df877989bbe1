import type { Endpoint, Modality, Model } from '#catalog';
import { InvalidInput, type Price, parseMoney } from '#kernel';
import { canServe, cheapestEndpoint, type Health } from './market-order.ts';

/** The contract's `ModelFilter`, as it comes in. */
export interface ModelFilterInput {
  slugs?: readonly string[] | null | undefined;
  author?: string | null | undefined;
  authors?: readonly string[] | null | undefined;
  provider?: string | null | undefined;
  providers?: readonly string[] | null | undefined;
  inputModalities?: readonly Modality[] | null | undefined;
  outputModalities?: readonly Modality[] | null | undefined;
  supportedParameters?: readonly string[] | null | undefined;
  minContextLength?: number | null | undefined;
  maxPromptPricePerMillion?: string | null | undefined;
  maxCompletionPricePerMillion?: string | null | undefined;
  free?: boolean | null | undefined;
  openWeights?: boolean | null | undefined;
  available?: boolean | null | undefined;
  zeroRetention?: boolean | null | undefined;
  createdAfter?: Date | null | undefined;
  includeDeprecated: boolean;
}

type Test = (model: Model) => boolean;

const namesMax = 100;

/** The filter as one test: every field that is given must hold. */
export function modelFilter(filter: ModelFilterInput, health: Health): Test {
  const tests = [...names(filter), ...traits(filter), ...offers(filter, health)];
  return (model) => tests.every((test) => test(model));
}

function names(filter: ModelFilterInput): Test[] {
  const providers = oneOf('providers', filter.providers, filter.provider);
  const authors = oneOf('authors', filter.authors, filter.author);
  const slugs = oneOf('slugs', filter.slugs);
  return [
    ...(slugs ? [(model: Model) => [model.slug, ...model.aliases].some(slugs)] : []),
    ...(authors ? [(model: Model) => authors(model.author)] : []),
    ...(providers ? [offered((endpoint) => providers(endpoint.provider.slug))] : []),
  ];
}

/** A test for a name: in the list, and equal to the single name, of those that are given. */
function oneOf(
  field: string,
  list: readonly string[] | null | undefined,
  single?: string | null,
): ((name: string) => boolean) | null {
  if (list && list.length > namesMax) {
    throw InvalidInput.at(`filter.${field}`, `It has ${list.length} names.`, `at most ${namesMax}`);
  }
  if (!list && single == null) return null;
  const wanted = list && new Set(list);
  return (name) => (!wanted || wanted.has(name)) && (single == null || single === name);
}

function traits(filter: ModelFilterInput): Test[] {
  const { minContextLength, openWeights, createdAfter } = filter;
  const holds = (has: readonly string[], wanted: readonly string[] | null | undefined) =>
    (wanted ?? []).every((item) => has.includes(item));
  return [
    (model) => holds(model.inputModalities, filter.inputModalities),
    (model) => holds(model.outputModalities, filter.outputModalities),
    (model) => holds(model.supportedParameters, filter.supportedParameters),
    (model) => minContextLength == null || model.contextLength >= minContextLength,
    (model) => openWeights == null || model.openWeights === openWeights,
    (model) => createdAfter == null || model.createdAt > createdAfter,
    (model) => filter.includeDeprecated || model.deprecatedAt === null,
  ];
}

function offers(filter: ModelFilterInput, health: Health): Test[] {
  const prompt = ceiling(filter.maxPromptPricePerMillion);
  const completion = ceiling(filter.maxCompletionPricePerMillion);
  const { free, available, zeroRetention } = filter;
  const cheap = (endpoint: Endpoint | null) =>
    endpoint !== null &&
    (prompt === null || endpoint.pricing.prompt <= prompt) &&
    (completion === null || endpoint.pricing.completion <= completion);
  const servable = offered((endpoint) => canServe(endpoint, health));
  return [
    ...(prompt !== null || completion !== null ? [offered(cheap)] : []),
    ...(free == null ? [] : [(model: Model) => isFree(cheapestEndpoint(model, health)) === free]),
    ...(available == null ? [] : [(model: Model) => servable(model) === available]),
    ...(zeroRetention == null ? [] : [(model: Model) => keepsNothing(model) === zeroRetention]),
  ];
}

const offered =
  (test: (endpoint: Endpoint) => boolean): Test =>
  (model) =>
    model.endpoints.some(test);

const keepsNothing = offered(
  ({ provider }) => !provider.dataPolicy.trainsOnPrompts && !provider.dataPolicy.retainsPrompts,
);

const isFree = (endpoint: Endpoint | null) =>
  endpoint !== null && endpoint.pricing.prompt === 0n && endpoint.pricing.completion === 0n;

/** US dollars per million tokens in 10⁻¹² are, digit for digit, dollars per token in 10⁻¹⁸. */
const ceiling = (perMillion: string | null | undefined): Price | null =>
  perMillion == null ? null : parseMoney(perMillion);
