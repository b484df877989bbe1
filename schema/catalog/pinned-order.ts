import { createHash } from 'node:crypto';
import type { Model, ModelQuery } from '#catalog';
import { type Clock, InvalidInput, minuteMs } from '#kernel';
import type { Rooms } from '../context.ts';
import { arrayPage, type Connection, listOf, type PageArgs } from '../rows/paging.ts';
import { ordersByTraffic } from './market-scores.ts';

/** For so long a reader pages through the order in which it began. */
const pinnedMs = 10 * minuteMs;
/** Orders are shared by all who saw the same one, so that few are enough. */
const pinsMax = 1_000;

interface Pin {
  readonly ids: readonly string[];
  readonly untilMs: number;
}

/** Of each node, orders by their name, oldest first. */
const pinsOf = new WeakMap<Rooms['clock'], Map<string, Pin>>();

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
  if (cursor == null) return page(named(pin(args, rows, clock), clock.now()), args, rows);
  const list = listOf(cursor);
  const ids = list.startsWith(asked(args)) ? pinned(list, clock) : null;
  if (ids) {
    const market = catalog.market();
    return page(
      list,
      args,
      ids.flatMap((id) => market.model(id) ?? []),
    );
  }
  // Another node gave it, or this one before it was started again: the same order is as good.
  if (isLate(list, clock) || named(pin(args, rows, clock), minuteIn(list) * minuteMs) !== list) {
    throw InvalidInput.at(
      args.after == null ? 'before' : 'after',
      'This is not a cursor of this list, or older than 10 minutes.',
      'a cursor of this very list, or none to start anew',
    );
  }
  return page(list, args, rows);
}

const page = (list: string, args: PageArgs, rows: readonly Model[]) =>
  arrayPage({ list, args, rows, key: (model) => model.id });

/** An order and the minute in which it was shown. */
const named = (order: string, atMs: number) => `${order}:${Math.floor(atMs / minuteMs)}`;

const minuteIn = (list: string) => Number(list.slice(list.lastIndexOf(':') + 1));

/** A name that tells no minute is late, too. */
const isLate = (list: string, clock: Clock) =>
  !((minuteIn(list) + 1) * minuteMs + pinnedMs > clock.now());

/** The order that was pinned here. */
function pinned(list: string, clock: Clock): readonly string[] | null {
  const known = pinsOf.get(clock)?.get(list.slice(0, list.lastIndexOf(':')));
  return known && known.untilMs >= clock.now() ? known.ids : null;
}

function pin(args: ModelQuery, rows: readonly Model[], clock: Clock): string {
  const ids = rows.map(({ id }) => id);
  const order = `${asked(args)}${hash(ids)}`;
  const pins = pinsOf.get(clock) ?? new Map<string, Pin>();
  pinsOf.set(clock, pins);
  pins.delete(order);
  pins.set(order, { ids, untilMs: clock.now() + pinnedMs });
  for (const oldest of pins.keys()) {
    if (pins.size <= pinsMax) break;
    pins.delete(oldest);
  }
  return order;
}

/** Names what was asked for, so that a cursor does not fit another search, filter or order. */
const asked = ({ search, filter, orderBy }: ModelQuery) =>
  `models:${hash([search ?? null, filter ?? null, orderBy ?? null])}:`;

const hash = (value: unknown) =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 12);
