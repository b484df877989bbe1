import type { Endpoint } from '#catalog';
import type { Candidate } from './candidates.ts';
import { drawAll, type Pick, shares } from './draw.ts';
import { positionOf } from './names.ts';
import type { Medians } from './pace.ts';
import type { RoutePreferences, RouteSort } from './request.ts';
import type { AskedModel } from './variants.ts';

export interface RouteCandidate extends Candidate {
  /** Chance of being tried first, 0 to 1. */
  readonly weight: number;
  /** Why it stands where it stands. */
  readonly reason: string;
}

export interface Ordering {
  readonly asked: AskedModel;
  readonly preferences: RoutePreferences;
  /** The endpoint that last answered this session; null without one. */
  readonly lastOfSession: string | null;
  readonly pick: Pick;
  troubled(endpoint: Endpoint): boolean;
  medians(endpointId: string): Medians | null;
  /** Whether it is time to measure this one anew; never in a dry run. */
  takeTrial(endpointId: string): boolean;
}

/**
 * Puts candidates of one model into the order in which they are tried: those that `order` names, or
 * else the one that the session is at; then by `sort` or variant, or, without a wish, by a draw.
 */
export function order(candidates: readonly Candidate[], ordering: Ordering): RouteCandidate[] {
  const chosen = ordering.preferences.order
    ? named(candidates, ordering.preferences.order)
    : ofSession(candidates, ordering);
  const taken = new Set(chosen.map(({ endpoint }) => endpoint.id));
  const others = candidates.filter(({ endpoint }) => !taken.has(endpoint.id));
  const sort = ordering.asked.sort ?? ordering.preferences.sort;
  const rest = sort ? sorted(others, sort, ordering) : drawn(others, ordering);
  const after = chosen.length > 0 ? rest.map((other) => ({ ...other, weight: 0 })) : rest;
  return [...strictly(chosen), ...after];
}

type Reasoned = Candidate & { readonly reason: string };

/** Strict: not even recent failures change what the caller listed. */
function named(candidates: readonly Candidate[], list: readonly string[]): Reasoned[] {
  const position = ({ endpoint }: Candidate) => positionOf(list, endpoint.provider);
  return candidates
    .filter((candidate) => position(candidate) >= 0)
    .toSorted((left, right) => position(left) - position(right) || byPrice(left, right))
    .map((candidate) => ({ ...candidate, reason: '`order` names its provider.' }));
}

function ofSession(candidates: readonly Candidate[], ordering: Ordering): Reasoned[] {
  const { lastOfSession, troubled } = ordering;
  return candidates
    .filter(({ endpoint }) => endpoint.id === lastOfSession && !troubled(endpoint))
    .map((candidate) => ({ ...candidate, reason: "It gave this session's last answer." }));
}

function sorted(candidates: readonly Candidate[], sort: RouteSort, ordering: Ordering) {
  const { asked, preferences, medians } = ordering;
  const wish = asked.sortVariant ? `\`${asked.sortVariant}\`` : `\`sort: ${sort}\``;
  const ranked = candidates.map((candidate) => {
    const live = medians(candidate.endpoint.id);
    return { ...candidate, missed: missed(preferences, live), key: sortKey(sort, live) };
  });
  const inOrder = ranked.toSorted(
    (left, right) =>
      left.missed.length - right.missed.length || left.key - right.key || byPrice(left, right),
  );
  const reasoned = inOrder.map(({ missed, key, ...candidate }) => ({
    ...candidate,
    reason: [sortReason(sort, key, wish), ...missed].join(' '),
  }));
  return strictly(sort === 'PRICE' ? reasoned : withTrial(reasoned, ordering));
}

/** What gets no traffic is not measured: now and then one request finds out how it does. */
function withTrial(candidates: readonly Reasoned[], ordering: Ordering): readonly Reasoned[] {
  const due = candidates.find(
    ({ endpoint }) => !ordering.troubled(endpoint) && ordering.takeTrial(endpoint.id),
  );
  if (!due) return candidates;
  const reason = 'First, to measure it anew: its last figure is too old to go by.';
  return [{ ...due, reason }, ...candidates.filter((candidate) => candidate !== due)];
}

/** Less comes first. Infinite without a live figure, so that those without one follow, by price. */
function sortKey(sort: RouteSort, live: Medians | null): number {
  if (sort === 'PRICE') return 0;
  if (sort === 'LATENCY') return live?.timeToFirstTokenMs ?? Number.MAX_VALUE;
  return live?.tokensPerSecond == null ? Number.MAX_VALUE : -live.tokensPerSecond;
}

function sortReason(sort: RouteSort, key: number, wish: string): string {
  if (sort === 'PRICE') return `By price, as ${wish} asks.`;
  if (key === Number.MAX_VALUE) return `By price: there is no live figure for ${wish} at present.`;
  return sort === 'LATENCY'
    ? `By time to first token, as ${wish} asks: its median is ${Math.round(key)} ms.`
    : `By throughput, as ${wish} asks: its median is ${Math.round(-key)} tokens a second.`;
}

/**
 * Draws from those that do well, then from the rest, so that a failing one is still there when
 * nothing else is.
 */
function drawn(candidates: readonly Candidate[], ordering: Ordering): RouteCandidate[] {
  const { preferences, medians, troubled, pick } = ordering;
  const judged = candidates.map((candidate) => {
    const misses = missed(preferences, medians(candidate.endpoint.id));
    const failing = troubled(candidate.endpoint);
    const setBacks = failing ? [...misses, 'Last: it failed in the last 30 s.'] : misses;
    return { candidate, setBacks, rank: failing ? Infinity : misses.length };
  });
  const groups = Map.groupBy(judged, ({ rank }) => rank);
  const bestFirst = [...groups].toSorted(([left], [right]) => left - right);
  return bestFirst.flatMap(([, group], index) => {
    const weights = shares(group.map(({ candidate }) => candidate.blended));
    const entries = group.map(({ candidate, setBacks }, at) => ({
      ...candidate,
      weight: index === 0 ? (weights[at] ?? 0) : 0,
      reason: ['Drawn by price: weight 1/price².', ...setBacks].join(' '),
    }));
    return drawAll(entries, weights, pick);
  });
}

/** The caller's soft thresholds that a live median breaks. What is not measured breaks none. */
function missed(preferences: RoutePreferences, live: Medians | null): string[] {
  const { maxTimeToFirstTokenMs, minTokensPerSecond } = preferences;
  const [wait, speed] = [live?.timeToFirstTokenMs ?? 0, live?.tokensPerSecond ?? Infinity];
  return [
    ...(wait > (maxTimeToFirstTokenMs ?? Infinity) ? ['Misses `maxTimeToFirstTokenMs`.'] : []),
    ...(speed < (minTokensPerSecond ?? 0) ? ['Misses `minTokensPerSecond`.'] : []),
  ];
}

function strictly(candidates: readonly Reasoned[]): RouteCandidate[] {
  return candidates.map((candidate, index) => ({ ...candidate, weight: index === 0 ? 1 : 0 }));
}

/** Ties go by id, so that a deterministic order is the same on every node. */
function byPrice(left: Candidate, right: Candidate): number {
  if (left.blended !== right.blended) return left.blended < right.blended ? -1 : 1;
  return left.endpoint.id < right.endpoint.id ? -1 : 1;
}
