import type { Model } from '#catalog';
import { Fault, InvalidInput } from '#kernel';
import { modelNamed as modelOfName } from '#routing';
import type { Rooms } from '#schema';
import { type Exchange, sendJson } from '../exchange.ts';
import type { Parameters } from '../rest/address.ts';
import { modelAnswer } from './model-answer.ts';
import { findModels, type ModelListQuery, readModelQuery } from './model-query.ts';

/** `GET …/models`: what can be named in `model`. */
export async function answerModels({ response, url }: Exchange, rooms: Rooms): Promise<void> {
  const query = readModelQuery(url);
  const found = await findModels(rooms, query);
  const { start, end } = pageOf(found, query);
  const data = found.slice(start, end).map(modelAnswer);
  const more = end < found.length;
  sendJson(response, 200, {
    object: 'list',
    data,
    total_count: found.length,
    links: { next: more ? nextPage(url, end) : null },
    has_more: query.before_id === undefined ? more : start > 0,
    first_id: data.at(0)?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  });
}

/** OpenRouter's clients count from the beginning, Anthropic's from a model that they have seen. */
function pageOf(found: readonly Model[], query: ModelListQuery) {
  const { offset, limit = found.length, after_id: after, before_id: before } = query;
  if (before !== undefined) {
    const end = placeOf(found, 'before_id', before);
    return { start: Math.max(0, end - limit), end };
  }
  const start = after === undefined ? offset : placeOf(found, 'after_id', after) + 1;
  return { start, end: start + limit };
}

function placeOf(found: readonly Model[], field: string, id: string): number {
  const place = found.findIndex(({ slug }) => slug === id);
  if (place >= 0) return place;
  throw InvalidInput.at(field, 'This model is not in the list.', 'the id of one that is');
}

function nextPage(url: URL, offset: number): string {
  const next = new URL(url);
  for (const name of ['after_id', 'before_id']) next.searchParams.delete(name);
  next.searchParams.set('offset', String(offset));
  return `${next.pathname}${next.search}`;
}

/** `GET …/models/count`: how many of them, by the same filters. */
export async function answerModelCount({ response, url }: Exchange, rooms: Rooms): Promise<void> {
  const { length: count } = await findModels(rooms, readModelQuery(url));
  sendJson(response, 200, { data: { count } });
}

/** `GET …/model/{author}/{slug}`. */
export function answerModel({ response }: Exchange, rooms: Rooms, parameters: Parameters): void {
  sendJson(response, 200, { data: modelAnswer(modelNamed(rooms, nameIn(parameters))) });
}

/** `GET …/models/{id}`, as OpenAI's clients ask for one: the model itself, in no envelope. */
export function retrieveModel({ response }: Exchange, rooms: Rooms, parameters: Parameters): void {
  sendJson(response, 200, modelAnswer(modelNamed(rooms, nameIn(parameters))));
}

/** What a path calls a model: its author and slug, or both as one part of it. */
export const nameIn = ({ author, slug, id }: Parameters): string => id ?? `${author}/${slug}`;

/** By whatever a completion can ask for: a slug, an alias, the latest of a family, a variant. */
export function modelNamed({ catalog }: Rooms, name: string): Model {
  const model = modelOfName(catalog.market(), name);
  if (model) return model;
  throw new Fault('MODEL_NOT_FOUND', {
    public: `There is no model ${name.slice(0, 200)}. GET /v1/models lists them.`,
  });
}
