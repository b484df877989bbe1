import { type InputIssue, InvalidInput, type Price, perMillionOrNull } from '#kernel';
import type { Endpoint, Modality, Model } from './market.ts';

/** The contract's `ModelFilter`, as it comes in: every field that is given must hold. */
export interface ModelFilter {
  readonly slugs?: readonly string[] | null | undefined;
  readonly author?: string | null | undefined;
  readonly authors?: readonly string[] | null | undefined;
  readonly provider?: string | null | undefined;
  readonly providers?: readonly string[] | null | undefined;
  readonly inputModalities?: readonly Modality[] | null | undefined;
  readonly outputModalities?: readonly Modality[] | null | undefined;
  readonly supportedParameters?: readonly string[] | null | undefined;
  readonly minContextLength?: number | null | undefined;
  readonly maxPromptPricePerMillion?: string | null | undefined;
  readonly maxCompletionPricePerMillion?: string | null | undefined;
  readonly free?: boolean | null | undefined;
  readonly openWeights?: boolean | null | undefined;
  readonly available?: boolean | null | undefined;
  readonly zeroRetention?: boolean | null | undefined;
  readonly createdAfter?: Date | null | undefined;
  /** Default: true. */
  readonly includeDeprecated?: boolean | undefined;
}

/** Whether an endpoint can serve now. */
export type CanServe = (endpoint: Endpoint) => boolean;

/** It is switched on and its provider can be spoken to, however it fares at present. */
export const isUsable: CanServe = ({ enabled, provider }) => enabled && provider.configured;

type Test<Of> = (of: Of) => boolean;

const namesMax = 100;

/**
 * The filter as one test. Lists of names match any of them, a single name beside a list must match
 * too; of modalities and parameters a model must have all. Price ceilings hold for one and the same
 * endpoint.
 *
 * @throws InvalidInput with the paths `filter.…` of every value that is out of bounds.
 */
export function modelFilter(filter: ModelFilter, canServe: CanServe): Test<Model> {
  const limits = checked(filter);
  const tests = [...traits(filter), ...offers(filter, limits, canServe)];
  return (model) => tests.every((test) => test(model));
}

/**
 * One endpoint, never a mix: the cheapest that can serve now; when none can, the cheapest of all.
 */
export function cheapestEndpoint({ endpoints }: Model, canServe: CanServe): Endpoint | null {
  return endpoints.find(canServe) ?? endpoints[0] ?? null;
}

interface Limits {
  readonly prompt: Price | null;
  readonly completion: Price | null;
}

function checked(filter: ModelFilter): Limits {
  const lists = ['slugs', 'authors', 'providers', 'supportedParameters'] as const;
  const issues = lists
    .filter((field) => (filter[field]?.length ?? 0) > namesMax)
    .map((field) => issue(field, 'Too many names.', `up to ${namesMax}`));
  if ((filter.minContextLength ?? 0) < 0) {
    issues.push(issue('minContextLength', 'It is below 0.', '0 or more tokens'));
  }
  const read = (field: 'maxPromptPricePerMillion' | 'maxCompletionPricePerMillion') => {
    const text = filter[field];
    const price = text == null ? null : perMillionOrNull(text);
    if (text == null || (price !== null && price >= 0n)) return price;
    issues.push(issue(field, 'Not a price.', 'US dollars, like "2.5"'));
    return null;
  };
  const limits = {
    prompt: read('maxPromptPricePerMillion'),
    completion: read('maxCompletionPricePerMillion'),
  };
  if (issues.length > 0) throw new InvalidInput(issues);
  return limits;
}

const issue = (field: keyof ModelFilter, message: string, accepted: string): InputIssue => ({
  path: `filter.${field}`,
  message,
  accepted,
});

function traits(filter: ModelFilter): Test<Model>[] {
  const { includeDeprecated = true } = filter;
  const authors = named(filter.authors, filter.author);
  return [
    ...given(filter.slugs, (list) => {
      const slugs = named(list);
      return ({ slug, aliases }) => slugs(slug) || aliases.some(slugs);
    }),
    ...given(filter.authors ?? filter.author, () => (model) => authors(model.author)),
    ...given(filter.inputModalities, (all) => (model) => hasAll(model.inputModalities, all)),
    ...given(filter.outputModalities, (all) => (model) => hasAll(model.outputModalities, all)),
    ...given(
      filter.supportedParameters,
      (all) => (model) => hasAll(model.supportedParameters, all),
    ),
    ...given(filter.minContextLength, (least) => (model) => model.contextLength >= least),
    ...given(filter.openWeights, (wanted) => (model) => model.openWeights === wanted),
    ...given(filter.createdAfter, (date) => (model) => model.createdAt > date),
    ...given(includeDeprecated ? null : true, () => (model) => model.deprecatedAt === null),
  ];
}

function offers(filter: ModelFilter, limits: Limits, canServe: CanServe): Test<Model>[] {
  const { prompt, completion } = limits;
  const sellers = named(filter.providers, filter.provider);
  const fits: Test<Endpoint> = ({ pricing, provider }) =>
    sellers(provider.slug) &&
    (prompt === null || pricing.prompt <= prompt) &&
    (completion === null || pricing.completion <= completion);
  const restricted = filter.provider ?? filter.providers ?? prompt ?? completion;
  return [
    ...given(restricted, () => (model) => model.endpoints.some(fits)),
    ...given(
      filter.free,
      (wanted) => (model) => isFree(cheapestEndpoint(model, canServe)) === wanted,
    ),
    ...given(filter.available, (wanted) => (model) => model.endpoints.some(canServe) === wanted),
    ...given(
      filter.zeroRetention,
      (wanted) => (model) => model.endpoints.some(keepsNothing) === wanted,
    ),
  ];
}

/** The test for a field of the filter, when it is given. */
const given = <Value>(
  value: Value | null | undefined,
  test: (value: Value) => Test<Model>,
): Test<Model>[] => (value == null ? [] : [test(value)]);

/** A test for a name that is in the list and is the single one, of those that are given. */
function named(list: readonly string[] | null | undefined, single?: string | null): Test<string> {
  const names = list && new Set(list);
  return (name) => (!names || names.has(name)) && (single == null || single === name);
}

const hasAll = (has: readonly string[], wanted: readonly string[]) =>
  wanted.every((item) => has.includes(item));

const keepsNothing: Test<Endpoint> = ({ provider: { dataPolicy } }) =>
  !dataPolicy.trainsOnPrompts && !dataPolicy.retainsPrompts;

const isFree = (endpoint: Endpoint | null) =>
  endpoint !== null && endpoint.pricing.prompt === 0n && endpoint.pricing.completion === 0n;
