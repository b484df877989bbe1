import {
  type Facet,
  facetsOf,
  type LiveScores,
  listModels,
  type Model,
  type ModelQuery,
} from '#catalog';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { describedEnum } from '../described.ts';
import { ModelRef } from '../refs.ts';
import { connectionOf, pageArgs, pageCost } from '../rows/connection.ts';
import { canServe } from './market-order.ts';
import { ordersByTraffic, scoresOf } from './market-scores.ts';
import { Modality } from './model.ts';
import { modelPage } from './pinned-order.ts';

const ModelFilter = builder.inputType('ModelFilter', {
  description:
    'Every field that is given must hold. A model must have all named parameters and ' +
    'modalities; it matches any of the named slugs, authors, providers.',
  fields: (t) => ({
    slugs: t.stringList({ description: 'Any of these slugs or aliases; at most 100.' }),
    author: t.string({ description: 'This author.' }),
    authors: t.stringList({ description: 'Any of these authors; at most 100.' }),
    provider: t.string({ description: 'Offered by this provider (its slug).' }),
    providers: t.stringList({ description: 'Offered by any of these providers; at most 100.' }),
    inputModalities: t.field({ type: [Modality], description: 'Takes all of these.' }),
    outputModalities: t.field({ type: [Modality], description: 'Gives all of these.' }),
    supportedParameters: t.stringList({
      description: 'Takes all of these request parameters, in the wire names: `tools`, `seed`, …',
    }),
    minContextLength: t.int({ description: 'A context of at least this many tokens.' }),
    maxPromptPricePerMillion: t.field({
      type: 'Decimal',
      description: 'Has an endpoint at or below this price, US dollars per million tokens.',
    }),
    maxCompletionPricePerMillion: t.field({
      type: 'Decimal',
      description: 'Has an endpoint at or below this price, US dollars per million tokens.',
    }),
    free: t.boolean({ description: 'Costs nothing (true), or something (false).' }),
    openWeights: t.boolean({ description: 'Its weights can be downloaded, or not.' }),
    available: t.boolean({
      description: 'Only models with an endpoint that can serve now; false: only those without.',
    }),
    zeroRetention: t.boolean({
      description: 'Has an endpoint that neither trains on nor keeps prompts; false: has none.',
    }),
    createdAfter: t.field({ type: 'DateTime', description: 'Came out later than this.' }),
    includeDeprecated: t.boolean({
      required: true,
      defaultValue: true,
      description: 'Whether retired models are listed too.',
    }),
  }),
});

const ModelOrderField = describedEnum('ModelOrderField', 'What models can be sorted by.', {
  RELEVANCE: 'How well it matches `search`; without it, by slug.',
  NAME: 'Name.',
  CREATED_AT: 'When it came out; newest first.',
  CONTEXT_LENGTH: 'Length of the context; longest first.',
  PROMPT_PRICE: 'Price of a prompt token at the cheapest endpoint; cheapest first.',
  COMPLETION_PRICE: 'Price of a generated token at the cheapest endpoint; cheapest first.',
  THROUGHPUT: 'Median tokens per second of the last five minutes; fastest first.',
  LATENCY: 'Median time to first token of the last five minutes; soonest first.',
  UPTIME: 'Share of requests answered within the last five minutes; best first.',
  POPULARITY: 'Tokens that were paid for within the last seven days; most first.',
});

const OrderDirection = describedEnum('OrderDirection', 'The direction of a sort order.', {
  ASC: 'Lowest, earliest or A first.',
  DESC: 'Highest, latest or Z first.',
});

const ModelOrder = builder.inputType('ModelOrder', {
  description: 'Models without the value come last either way; ties by slug.',
  fields: (t) => ({
    field: t.field({ type: ModelOrderField, required: true, description: 'What to sort by.' }),
    direction: t.field({
      type: OrderDirection,
      description: 'Absent: the useful one (NAME, prices, LATENCY ascending; the rest descending).',
    }),
  }),
});

/** Shows what is found: at once, unless traffic has a say in the order. */
function found<Shown>(
  query: ModelQuery,
  { rooms }: Context,
  show: (models: readonly Model[]) => Shown,
): Shown | Promise<Shown> {
  const list = (scores: LiveScores) =>
    show(listModels(rooms.catalog.market(), query, { canServe: canServe(rooms), scores }));
  return ordersByTraffic(query) ? scoresOf(rooms).then(list) : list({});
}

const ModelConnection = connectionOf({ node: ModelRef, of: 'models' });

const FacetRef = builder.objectRef<Facet>('Facet').implement({
  description: 'A value to filter by.',
  fields: (t) => ({
    value: t.exposeString('value', { description: 'What to put into the filter.' }),
    count: t.exposeInt('count', { description: 'Models that have it.' }),
  }),
});

const ModelFacets = builder.objectRef<ReturnType<typeof facetsOf>>('ModelFacets').implement({
  description: 'The values that the found models have, for filter lists; most frequent first.',
  fields: (t) => ({
    authors: t.expose('authors', {
      type: [FacetRef],
      description: 'Authors, for `ModelFilter.authors`.',
    }),
    providers: t.expose('providers', {
      type: [FacetRef],
      description: 'Slugs of providers, for `ModelFilter.providers`.',
    }),
    supportedParameters: t.expose('supportedParameters', {
      type: [FacetRef],
      description: 'Request parameters, for `ModelFilter.supportedParameters`.',
    }),
  }),
});

const searchText =
  'What a person types, up to 300 characters: names, slugs, authors, or else who offers it ' +
  '(`groq`) and what it can do (`vision`); small mistakes are forgiven.';

builder.queryFields((t) => ({
  models: t.field({
    type: ModelConnection,
    description:
      'The catalog. No `orderBy`: by relevance with `search`, else by popularity. A cursor pins ' +
      'the order of the page that it came from for 10 minutes; later it is INVALID_INPUT: start ' +
      'anew. Public.',
    args: {
      search: t.arg.string({ description: searchText }),
      filter: t.arg({ type: ModelFilter, description: 'What the models must have.' }),
      orderBy: t.arg({ type: ModelOrder, description: 'How to sort them.' }),
      ...pageArgs,
    },
    complexity: pageCost,
    resolve: (_root, args, context) =>
      found(args, context, (models) => modelPage(args, models, context.rooms)),
  }),
  modelFacets: t.field({
    type: ModelFacets,
    description:
      'Authors, providers and parameters with the number of models, for filter lists. Public.',
    args: {
      search: t.arg.string({ description: searchText }),
      filter: t.arg({ type: ModelFilter, description: 'What the models must have.' }),
    },
    complexity: 20,
    resolve: (_root, args, context) => found(args, context, facetsOf),
  }),
}));
