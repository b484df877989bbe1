import { describe, expect, it } from 'vitest';
import { InvalidInput } from '#kernel';
import type { ModelFilter } from '../../src/catalog/filter.ts';
import {
  facetsOf,
  type ListingOptions,
  listModels,
  type ModelOrder,
} from '../../src/catalog/listing.ts';
import { marketOf, rowsOf, small } from './market-maker.ts';

const market = marketOf(rowsOf(small), (slug) => slug !== 'cheap');

const [alpha, beta, gamma] = ['open/alpha-7b', 'open/beta-70b', 'shut/gamma'];

const filtered = (filter: ModelFilter) => listModels(market, { filter }).map(({ slug }) => slug);

const ordered = (orderBy: ModelOrder, options?: ListingOptions) =>
  listModels(market, { orderBy }, options).map(({ slug }) => slug);

describe('a filter', () => {
  it.each<[string, ModelFilter, (string | undefined)[]]>([
    ['slugs match any', { slugs: [alpha, gamma, 'no/body'].map(String) }, [alpha, gamma]],
    ['aliases are slugs too', { slugs: ['shut/gamma-latest'] }, [gamma]],
    ['authors match any', { authors: ['shut', 'nobody'] }, [gamma]],
    ['author and authors must both hold', { author: 'open', authors: ['shut'] }, []],
    ['providers match any', { providers: ['cheap', 'quiet'] }, [alpha, gamma]],
    ['provider', { provider: 'dear' }, [alpha, beta]],
    ['an empty list matches nothing', { slugs: [] }, []],
    ['modalities: all of them', { inputModalities: ['TEXT', 'IMAGE'] }, []],
    ['parameters: all of them', { supportedParameters: ['tools'] }, [gamma]],
    ['context of at least', { minContextLength: 32_000 }, [beta, gamma]],
    ['prompt price at most', { maxPromptPricePerMillion: '1' }, [alpha, gamma]],
    ['both prices at one endpoint', { maxCompletionPricePerMillion: '2' }, [alpha, gamma]],
    ['price and provider at one endpoint', { provider: 'dear', maxPromptPricePerMillion: '1' }, []],
    ['free', { free: true }, [gamma]],
    ['not free', { free: false }, [alpha, beta]],
    ['open weights', { openWeights: true }, [alpha, beta]],
    ['can serve now', { available: true }, [alpha, beta, gamma]],
    ['keeps nothing', { zeroRetention: true }, [gamma]],
    ['younger than', { createdAfter: new Date('2025-01-01T00:00:00Z') }, [beta]],
    ['null is absent', { author: null, free: null }, [alpha, beta, gamma]],
  ])('%s', (_title, filter, slugs) => {
    expect(filtered(filter)).toEqual(slugs);
  });

  it('leaves out what cannot serve when only available ones are asked for', () => {
    const nothing = marketOf(rowsOf(small), () => false);
    expect(listModels(nothing, { filter: { available: true } })).toEqual([]);
    expect(listModels(nothing, { filter: { available: false } })).toHaveLength(3);
  });

  it('leaves deprecated models out only when asked to', () => {
    const rows = rowsOf(small);
    const models = new Map(
      [...rows.models].map(([id, row]) => [
        id,
        row.slug === beta ? { ...row, deprecatedAt: new Date('2026-02-01T00:00:00Z') } : row,
      ]),
    );
    const deprecated = marketOf({ ...rows, models });
    const listed = (filter: ModelFilter) => listModels(deprecated, { filter }).map((m) => m.slug);
    expect(listed({})).toContain(beta);
    expect(listed({ includeDeprecated: false })).toEqual([alpha, gamma]);
  });

  it('tells every value that is out of bounds, with its path', () => {
    const names = Array.from({ length: 101 }, (_, index) => `name-${index}`);
    const filter = { slugs: names, minContextLength: -1, maxPromptPricePerMillion: '1e3' };
    const thrown = expect.objectContaining({
      issues: [
        expect.objectContaining({ path: 'filter.slugs' }),
        expect.objectContaining({ path: 'filter.minContextLength' }),
        expect.objectContaining({ path: 'filter.maxPromptPricePerMillion' }),
      ],
    });
    expect(() => filtered(filter)).toThrow(InvalidInput);
    expect(() => filtered(filter)).toThrow(thrown);
    expect(() => filtered({ maxCompletionPricePerMillion: '-1' })).toThrow(InvalidInput);
  });
});

describe('an order', () => {
  it.each<[ModelOrder, (string | undefined)[]]>([
    [{ field: 'NAME' }, [alpha, beta, gamma]],
    [{ field: 'NAME', direction: 'DESC' }, [gamma, beta, alpha]],
    [{ field: 'CREATED_AT' }, [beta, gamma, alpha]],
    [{ field: 'CREATED_AT', direction: 'ASC' }, [alpha, gamma, beta]],
    [{ field: 'CONTEXT_LENGTH' }, [beta, gamma, alpha]],
    [{ field: 'PROMPT_PRICE' }, [gamma, alpha, beta]],
    [{ field: 'COMPLETION_PRICE', direction: 'DESC' }, [beta, alpha, gamma]],
    [{ field: 'POPULARITY' }, [alpha, beta, gamma]],
    [{ field: 'LATENCY' }, [alpha, beta, gamma]],
  ])('%o', (orderBy, slugs) => {
    expect(ordered(orderBy)).toEqual(slugs);
  });

  it('puts models without the value last in either direction, ties by slug', () => {
    const scores = { popularity: ({ slug }: { slug: string }) => (slug === beta ? 7 : null) };
    const byPopularity = (direction: 'ASC' | 'DESC') =>
      ordered({ field: 'POPULARITY', direction }, { scores });
    expect(byPopularity('DESC')).toEqual([beta, alpha, gamma]);
    expect(byPopularity('ASC')).toEqual([beta, alpha, gamma]);
  });

  it('compares the price of an endpoint that can serve, where there is one', () => {
    const prices = market.model('open/alpha-7b')?.endpoints.map(({ provider }) => provider.slug);
    expect(prices).toEqual(['cheap', 'dear']);
    const canServe = () => true;
    const filter = { maxPromptPricePerMillion: '1' };
    expect(listModels(market, { filter }, { canServe })).toHaveLength(2);
  });

  it('is that of the best match when something is searched, and can be turned round', () => {
    const search = 'open';
    const best = listModels(market, { search }).map(({ slug }) => slug);
    const direction = 'ASC';
    const worst = listModels(market, { search, orderBy: { field: 'RELEVANCE', direction } });
    expect(best).toHaveLength(2);
    expect(worst.map(({ slug }) => slug)).toEqual([...best].reverse());
  });
});

it('a search for more text than anybody types is refused', () => {
  const search = 'open '.repeat(61).trim();
  expect(() => listModels(market, { search })).toThrow('search');
  expect(listModels(market, { search: search.slice(0, 300) })).not.toHaveLength(0);
});

it('facets count each model once, most first', () => {
  expect(facetsOf(market.models)).toEqual({
    authors: [
      { value: 'open', count: 2 },
      { value: 'shut', count: 1 },
    ],
    providers: [
      { value: 'dear', count: 2 },
      { value: 'cheap', count: 1 },
      { value: 'quiet', count: 1 },
    ],
    supportedParameters: [
      { value: 'temperature', count: 2 },
      { value: 'tools', count: 1 },
    ],
  });
});
