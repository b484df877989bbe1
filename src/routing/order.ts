import type { Stay } from './affinity.ts';
import type { Candidate } from './candidates.ts';
import { type Draw, leastFirst, shares } from './draw.ts';
import { positionOf } from './names.ts';
import type { Tried } from './own-keys.ts';
import type { Medians } from './pace.ts';
import type { RoutePreferences, RouteSort } from './request.ts';
import { failing, hasThreshold, missed, none, type SetBack } from './set-back.ts';
import { positionsInOrder, sharesInOrder, warmed } from './slow-start.ts';
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
  /** Where this session last got an answer; null when its prompt is not cached there any more. */
  readonly lastOfSession: Stay | null;
  readonly draw: Draw;
  /** That the first of these candidates is tried first: 1, or 0 behind those of another model. */
  readonly chance: number;
  troubled(tried: Tried): boolean;
  /** Whether there is any endpoint that should get less than its ordinary traffic. */
  readonly recovering: boolean;
  /** What part of it this one should get: less than 1 for a while after it was out. */
  warmth(tried: Tried): number;
  medians(endpointId: string): Medians | null;
  /** Whether there is any endpoint that was measured and is no more; never in a dry run. */
  readonly trialsDue: boolean;
  /** Whether it is time to measure this one anew. */
  takeTrial(endpointId: string): boolean;
}

type Ordered = Generator<RouteCandidate, void, undefined>;

/**
 * Puts candidates of one model, which come cheapest first, into the order in which they are tried:
 * those that `order` names, or else the one that the session is at; then by `sort` or variant, or,
 * without a wish, by a draw. Each is worked out when it is asked for.
 */
export function* order(candidates: readonly Candidate[], ordering: Ordering): Ordered {
  const { preferences, asked } = ordering;
  const chosen = preferences.order
    ? named(candidates, preferences.order)
    : ofSession(candidates, ordering);
  let { chance } = ordering;
  for (const { candidate, reason } of chosen) {
    yield { ...candidate, weight: chance, reason };
    chance = 0;
  }
  const rest = { ...ordering, chance };
  const others = without(candidates, chosen);
  const sort = asked.sort ?? preferences.sort;
  if (sort) yield* sorted(others, { ...rest, sort });
  else yield* drawn(others, rest);
}

interface Chosen {
  readonly candidate: Candidate;
  readonly reason: string;
}

/** Strict: not even recent failures change what the caller listed. */
function named(candidates: readonly Candidate[], list: readonly string[]): Chosen[] {
  return candidates
    .map((candidate) => ({ candidate, position: positionOf(list, candidate.endpoint.provider) }))
    .filter(({ position }) => position >= 0)
    .sort((left, right) => left.position - right.position)
    .map(({ candidate }) => ({ candidate, reason: '`order` names its provider.' }));
}

function ofSession(candidates: readonly Candidate[], ordering: Ordering): Chosen[] {
  const { lastOfSession, troubled } = ordering;
  if (!lastOfSession) return [];
  const { endpointId, leftMs } = lastOfSession;
  const minutes = Math.ceil(leftMs / 60_000);
  const reason =
    `It gave this session's last answer, and keeps the cache of its prompt for another ` +
    `${minutes} min without use.`;
  return candidates
    .filter((candidate) => candidate.endpoint.id === endpointId && !troubled(candidate))
    .map((candidate) => ({ candidate, reason }));
}

function without(candidates: readonly Candidate[], chosen: readonly Chosen[]) {
  if (chosen.length === 0) return candidates;
  const taken = new Set(chosen.map(({ candidate }) => candidate));
  return candidates.filter((candidate) => !taken.has(candidate));
}

/** Candidates that the same things hold back, the cheapest first. */
interface Group {
  readonly setBack: SetBack;
  readonly members: Candidate[];
}

function grouped(
  candidates: readonly Candidate[],
  setBackOf: (candidate: Candidate) => SetBack,
): Group[] {
  const groups: Group[] = [];
  for (const candidate of candidates) {
    const setBack = setBackOf(candidate);
    const group = groups.find((each) => each.setBack === setBack);
    if (group) group.members.push(candidate);
    else groups.push({ setBack, members: [candidate] });
  }
  return groups.sort((left, right) => left.setBack.rank - right.setBack.rank);
}

function missing({ preferences, medians }: Ordering): (candidate: Candidate) => SetBack {
  if (!hasThreshold(preferences)) return () => none;
  return ({ endpoint }) => missed(preferences, medians(endpoint.id));
}

// ───────── by a wish ─────────

interface Sorting extends Ordering {
  readonly sort: RouteSort;
}

function* sorted(candidates: readonly Candidate[], sorting: Sorting): Ordered {
  const { sort, asked, medians } = sorting;
  const wish = asked.sortVariant ? `\`${asked.sortVariant}\`` : `\`sort: ${sort}\``;
  let { chance } = sorting;
  const trial = sort !== 'PRICE' && sorting.trialsDue ? dueForTrial(candidates, sorting) : null;
  if (trial) {
    const reason = 'First, to measure it anew: its last figure is too old to go by.';
    yield { ...trial, weight: chance, reason };
    chance = 0;
  }
  const groups = grouped(candidates, missing(sorting));
  for (const { members, setBack } of groups) {
    const bestFirst = sort === 'PRICE' ? byPrice : bySpeed(speeds[sort], medians);
    for (const [candidate, said, share] of eased(bestFirst(members, wish), sorting)) {
      if (candidate === trial) continue;
      yield { ...candidate, weight: share * chance, reason: said + setBack.words };
    }
    chance = 0;
  }
}

type Shared = Generator<readonly [Candidate, reason: string, share: number], void, undefined>;

/** Each with its chance of being tried first: the first alone has one, unless somebody recovers. */
function* eased(bestFirst: Reasoned, { recovering, warmth, draw }: Ordering): Shared {
  if (!recovering) {
    let share = 1;
    for (const [candidate, reason] of bestFirst) {
      yield [candidate, reason, share];
      share = 0;
    }
    return;
  }
  const all = [...bestFirst];
  const warmths = all.map(([candidate]) => warmth(candidate));
  const shares = sharesInOrder(warmths);
  for (const [[candidate, reason], at] of inTurn(all, positionsInOrder(warmths, draw))) {
    const part = warmths[at] ?? 1;
    const words = part < 1 ? ` It was out: ${Math.round(part * 100)} % of that for now.` : '';
    yield [candidate, reason + words, shares[at] ?? 0];
  }
}

/** What gets no traffic is not measured: now and then one request finds out how it does. */
function dueForTrial(candidates: readonly Candidate[], sorting: Sorting): Candidate | null {
  const { medians, troubled, takeTrial } = sorting;
  const due = (candidate: Candidate) => {
    const { id } = candidate.endpoint;
    return !medians(id) && !troubled(candidate) && takeTrial(id);
  };
  return candidates.find(due) ?? null;
}

type Reasoned = Generator<readonly [Candidate, reason: string], void, undefined>;

function* byPrice(members: readonly Candidate[], wish: string): Reasoned {
  const reason = `By price, as ${wish} asks.`;
  for (const candidate of members) yield [candidate, reason];
}

interface Speed {
  readonly what: string;
  readonly unit: string;
  readonly figureOf: (live: Medians | null) => number | null;
  /** Less comes first. */
  readonly rankOf: (figure: number) => number;
}

const speeds: Readonly<Record<'LATENCY' | 'THROUGHPUT', Speed>> = {
  LATENCY: {
    what: 'time to first token',
    unit: 'ms',
    figureOf: (live) => live?.timeToFirstTokenMs ?? null,
    rankOf: (milliseconds) => milliseconds,
  },
  THROUGHPUT: {
    what: 'throughput',
    unit: 'tokens a second',
    figureOf: (live) => live?.tokensPerSecond ?? null,
    rankOf: (tokensPerSecond) => -tokensPerSecond,
  },
};

/** Those without a live figure follow, by price. */
const bySpeed = ({ what, unit, figureOf, rankOf }: Speed, medians: Ordering['medians']) =>
  function* (members: readonly Candidate[], wish: string): Reasoned {
    const figures = new Float64Array(members.length);
    const ranks = new Float64Array(members.length);
    for (const [at, { endpoint }] of members.entries()) {
      const figure = figureOf(medians(endpoint.id));
      figures[at] = figure ?? Number.NaN;
      ranks[at] = figure === null ? Number.MAX_VALUE : rankOf(figure);
    }
    for (const [candidate, at] of inTurn(members, leastFirst(ranks))) {
      const figure = figures[at] ?? Number.NaN;
      const reason = Number.isNaN(figure)
        ? `By price: there is no live figure for ${wish} at present.`
        : `By ${what}, as ${wish} asks: its median is ${Math.round(figure)} ${unit}.`;
      yield [candidate, reason];
    }
  };

// ───────── by chance ─────────

/**
 * Draws from those that do well, then from the rest, so that a failing one is still there when
 * nothing else is.
 */
function* drawn(candidates: readonly Candidate[], ordering: Ordering): Ordered {
  const { troubled, recovering, warmth, draw } = ordering;
  let { chance } = ordering;
  const missedBy = missing(ordering);
  const groups = grouped(candidates, (candidate) =>
    troubled(candidate) ? failing : missedBy(candidate),
  );
  for (const { members, setBack } of groups) {
    const ordinary = shares(members.map(({ blendedNumber }) => blendedNumber));
    const weights = recovering
      ? warmed(
          ordinary,
          members.map((member) => warmth(member)),
        )
      : ordinary;
    for (const [candidate, at] of inTurn(members, draw(weights))) {
      const reason = `Drawn by price: weight 1/price².${setBack.words}`;
      yield { ...candidate, weight: (weights[at] ?? 0) * chance, reason };
    }
    chance = 0;
  }
}

function* inTurn<Member>(members: readonly Member[], positions: Iterable<number>) {
  for (const at of positions) {
    const member = members[at];
    if (member) yield [member, at] as const;
  }
}
