import type { Figures } from './figures.ts';
import { performanceOf } from './performance.ts';

/** What a feed says of one item at a tick. */
export interface FeedState<Item> {
  readonly id: string;
  readonly item: Item;
  readonly status: string;
  readonly figures: Figures;
}

/** All items at a tick, by id, each with the text by which a change is seen. */
export interface FeedTick<Item> {
  readonly at: Date;
  readonly states: ReadonlyMap<string, FeedState<Item> & { readonly text: string }>;
}

/** What a follower is told: everything at first, then what changed. */
export interface FeedUpdate<Item> {
  readonly at: Date;
  readonly snapshot: boolean;
  readonly changed: readonly FeedState<Item>[];
  /** Items that are gone, as they were. */
  readonly removed: readonly FeedState<Item>[];
  readonly all: Iterable<FeedState<Item>>;
}

export function tickOf<Item>(
  at: Date,
  states: Iterable<FeedState<Item>>,
  floor: number,
): FeedTick<Item> {
  const byId = new Map<string, FeedState<Item> & { readonly text: string }>();
  for (const state of states) {
    const { id, item, status, figures } = state;
    byId.set(id, { id, item, status, figures, text: textOf(state, floor) });
  }
  return { at, states: byId };
}

/** Of the many without traffic nothing but the status shows. */
function textOf({ status, figures }: FeedState<unknown>, floor: number): string {
  if (figures.requests === 0) return status;
  return JSON.stringify([status, performanceOf(figures, floor)], (_, value) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

export function sameTick<Item>(left: FeedTick<Item>, right: FeedTick<Item>): boolean {
  if (left.states.size !== right.states.size) return false;
  for (const [id, { text }] of left.states) if (right.states.get(id)?.text !== text) return false;
  return true;
}

/** Differences by the two ticks that they are of: followers in step share one. */
const known = new WeakMap<object, WeakMap<object, FeedUpdate<unknown>>>();
const beginning = {};

/** What changed since `before`; everything when there is none. */
export function updateOf<Item>(
  before: FeedTick<Item> | null,
  tick: FeedTick<Item>,
): FeedUpdate<Item> {
  const since = known.get(before ?? beginning) ?? new WeakMap<object, FeedUpdate<unknown>>();
  known.set(before ?? beginning, since);
  const shared = since.get(tick) as FeedUpdate<Item> | undefined; // of these very ticks
  const update = shared ?? difference(before, tick);
  since.set(tick, update);
  return update;
}

function difference<Item>(before: FeedTick<Item> | null, tick: FeedTick<Item>): FeedUpdate<Item> {
  const all = [...tick.states.values()];
  const changed = all.filter(({ id, text }) => before?.states.get(id)?.text !== text);
  const removed = [...(before?.states.values() ?? [])].filter(({ id }) => !tick.states.has(id));
  return { at: tick.at, snapshot: before === null, changed, removed, all };
}
