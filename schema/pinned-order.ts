import { createHash } from 'node:crypto';
import type { Model, ModelQuery } from '#catalog';
import { type Clock, InvalidInput } from '#kernel';
import type { Rooms } from './context.ts';
import { ordersByTraffic } from './market-scores.ts';
import { arrayPage, type Connection, listOf, type PageArgs } from './paging.ts';

/** For so long a reader pages through the order in which it began. */
const pinnedMs = 10 * 60_000;
/** Orders are shared by all who saw the same one, so that few are enough. */
const pinsMax = 1_000;

interface Pin {
  readonly ids: readonly string[];
  readonly untilMs: number;
}

/** Orders by the name of their list, oldest first. */
const pins = new Map<string, Pin>();

/**
 * A page of models. Where traffic orders them it moves models between two pages: there the order of
 * the first page is pinned, and its cursors name it.
 */
export function modelPage(
  args: ModelQuery & PageArgs,
  rows: readonly Model[],
  rooms: Rooms,
): Connection<Model> {
  return ordersByTraffic(args) ? pinnedPage(args, rows, rooms) : page(asked(args), args, rows);
}

function pinnedPage(
  args: ModelQuery & PageArgs,
  rows: readonly Model[],
  { clock, catalog }: Rooms,
): Connection<Model> {
  const cursor = args.after ?? args.before;
  if (cursor == null) return page(pin(args, rows, clock), args, rows);
  const list = listOf(cursor);
  const known = pins.get(list);
  if (!list.startsWith(asked(args)) || !known || known.untilMs < clock.now()) {
    throw InvalidInput.at(
      args.after == null ? 'before' : 'after',
      'This is not a cursor of this list, or older than 10 minutes.',
      'a cursor of this very list, or none to start anew',
    );
  }
  const market = catalog.market();
  return page(
    list,
    args,
    known.ids.flatMap((id) => market.model(id) ?? []),
  );
}

const page = (list: string, args: PageArgs, rows: readonly Model[]) =>
  arrayPage({ list, args, rows, key: (model) => model.id });

function pin(args: ModelQuery, rows: readonly Model[], clock: Clock): string {
  const ids = rows.map(({ id }) => id);
  const list = `${asked(args)}${hash(ids)}`;
  pins.delete(list);
  pins.set(list, { ids, untilMs: clock.now() + pinnedMs });
  for (const oldest of pins.keys()) {
    if (pins.size <= pinsMax) break;
    pins.delete(oldest);
  }
  return list;
}

/** Names what was asked for, so that a cursor does not fit another search, filter or order. */
const asked = ({ search, filter, orderBy }: ModelQuery) =>
  `models:${hash([search ?? null, filter ?? null, orderBy ?? null])}:`;

const hash = (value: unknown) =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 12);
