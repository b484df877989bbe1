import { z } from 'zod';
import {
  listModels,
  type Modality,
  type Model,
  type ModelOrder,
  type ModelQuery,
  searchMax,
} from '#catalog';
import { type Clock, dayMs, InvalidInput, parsePrice, perMillionOrNull } from '#kernel';
import { ordersByTraffic, type Rooms, scoresOf } from '#schema';
import { decimalOf } from '../rest/preferences.ts';
import { inShape } from '../rest/shape.ts';
import { modelAnswer } from './model-answer.ts';

const sorts = {
  newest: { field: 'CREATED_AT', direction: 'DESC' },
  'most-popular': { field: 'POPULARITY', direction: 'DESC' },
  'top-weekly': { field: 'POPULARITY', direction: 'DESC' },
  'pricing-low-to-high': { field: 'PROMPT_PRICE', direction: 'ASC' },
  'pricing-high-to-low': { field: 'PROMPT_PRICE', direction: 'DESC' },
  'context-high-to-low': { field: 'CONTEXT_LENGTH', direction: 'DESC' },
  'throughput-high-to-low': { field: 'THROUGHPUT', direction: 'DESC' },
  'latency-low-to-high': { field: 'LATENCY', direction: 'ASC' },
} as const satisfies Record<string, ModelOrder>;

const list = z.string().transform((given) => given.split(',').map((one) => one.trim()));
const amount = z.coerce.number().nonnegative().max(1_000_000);
const count = z.coerce.number().int().nonnegative();

/** The query of `models`; a filter that is not known here is refused, not passed over. */
const modelQuery = z.strictObject({
  q: z.string().max(searchMax).optional(),
  supported_parameters: list.optional(),
  input_modalities: list.optional(),
  output_modalities: list.optional(),
  context: count.optional(),
  min_price: amount.optional(),
  max_price: amount.optional(),
  min_output_price: amount.optional(),
  max_output_price: amount.optional(),
  model_authors: list.optional(),
  providers: list.optional(),
  zdr: z.enum(['true', 'false']).optional(),
  min_age_days: count.optional(),
  max_age_days: count.optional(),
  sort: z.enum(Object.keys(sorts) as [keyof typeof sorts, ...(keyof typeof sorts)[]]).optional(),
  offset: count.default(0),
  limit: count.min(1).max(1_000).optional(),
  after_id: z.string().optional(),
  before_id: z.string().optional(),
});

export type ModelListQuery = z.infer<typeof modelQuery>;

/** Sent by clients, of no meaning in a filter. */
const ignored: ReadonlySet<string> = new Set(['use_rss', 'use_rss_chat_links']);

/** A name that comes twice is a list, as if its values stood behind commas. */
export function readModelQuery({ searchParams }: URL): ModelListQuery {
  const given = [...new Set(searchParams.keys())].flatMap((name) => {
    const value = searchParams.getAll(name).join(',');
    return ignored.has(name) || value === '' ? [] : [[name, value] as const];
  });
  return inShape(modelQuery, Object.fromEntries(given), 'query');
}

/** The models that can be asked for, filtered and ordered; by slug without a sort. */
export async function findModels(rooms: Rooms, query: ModelListQuery): Promise<readonly Model[]> {
  const { catalog, clock } = rooms;
  const { q, sort } = query;
  const asked: ModelQuery = {
    search: q ?? null,
    filter: filterOf(query, clock),
    orderBy: sort ? sorts[sort] : q ? null : { field: 'NAME', direction: 'ASC' },
  };
  const scores = ordersByTraffic(asked) ? await scoresOf(rooms) : {};
  const found = listModels(catalog.market(), asked, { scores });
  const offered = found.filter(
    (model) => model.endpoints.length > 0 && withinBounds(model, query, clock),
  );
  return sort || q ? offered : offered.toSorted((a, b) => (a.slug < b.slug ? -1 : 1));
}

function filterOf(query: ModelListQuery, clock: Clock): NonNullable<ModelQuery['filter']> {
  const outputs = query.output_modalities ?? ['text'];
  return {
    supportedParameters: query.supported_parameters ?? null,
    inputModalities: query.input_modalities?.map((name) => modality('input_modalities', name)),
    outputModalities: outputs.includes('all')
      ? null
      : outputs.map((name) => modality('output_modalities', name)),
    minContextLength: query.context ?? null,
    authors: query.model_authors ?? null,
    providers: query.providers ?? null,
    zeroRetention: query.zdr === 'true' ? true : null,
    createdAfter:
      query.max_age_days === undefined
        ? null
        : new Date(clock.now() - (query.max_age_days + 1) * dayMs),
  };
}

/** What the catalog's own filter does not have: bounds for the one price that is shown, and age. */
function withinBounds(model: Model, query: ModelListQuery, clock: Clock): boolean {
  const { prompt, completion } = modelAnswer(model).pricing;
  const ageDays = (clock.now() - model.createdAt.getTime()) / dayMs;
  return (
    isWithin(prompt, query.min_price, query.max_price) &&
    isWithin(completion, query.min_output_price, query.max_output_price) &&
    ageDays >= (query.min_age_days ?? Number.NEGATIVE_INFINITY)
  );
}

/** A price per token between two in US dollars per million tokens, both inclusive. */
function isWithin(price: string, least: number | undefined, most: number | undefined): boolean {
  const perToken = parsePrice(price);
  const bound = (dollars: number) => perMillionOrNull(decimalOf(dollars) ?? '') ?? 0n;
  return (
    (least === undefined || perToken >= bound(least)) &&
    (most === undefined || perToken <= bound(most))
  );
}

const modalities: ReadonlyMap<string, Modality> = new Map([
  ['text', 'TEXT'],
  ['image', 'IMAGE'],
  ['audio', 'AUDIO'],
  ['video', 'VIDEO'],
  ['file', 'FILE'],
  ['embeddings', 'EMBEDDING'],
]);

function modality(field: string, name: string): Modality {
  const known = modalities.get(name);
  if (known) return known;
  const accepted = [...modalities.keys()].join(', ');
  throw InvalidInput.at(field, `There is no modality "${name.slice(0, 32)}".`, accepted);
}
