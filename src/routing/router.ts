import type { Endpoint, Market, RefusedParameter } from '#catalog';
import type { Clock, Random } from '#kernel';
import type { ProviderQuota, UpstreamFault } from '#upstream';
import { Affinity } from './affinity.ts';
import { again, type RefusedBy } from './again.ts';
import type { AttemptResult } from './attempt-result.ts';
import { cacheLifeMs } from './cache-life.ts';
import type { Condition } from './condition.ts';
import { type BreakerNotice, Health, type StatusChange } from './health.ts';
import { type KeepRefusals, LearnedRefusals } from './learned.ts';
import type { RouteCandidate } from './order.ts';
import type { Tried } from './own-keys.ts';
import { type Medians, Pace } from './pace.ts';
import { NoEndpointAvailable, type Refusal, type Rejection } from './rejection.ts';
import type { RouteRequest } from './request.ts';
import { makeRoute, type Route, type Surroundings, sessionOf } from './route.ts';

export interface RouterOptions {
  readonly clock: Clock;
  readonly random: Random;
  market(): Market;
  /** Whether an own key is still there and enabled; a route may outlive it. */
  hasOwnKey?(id: string): boolean;
  /** Writes down what an endpoint refused; by default this node alone knows. */
  readonly keepRefusals?: KeepRefusals;
  /** What all nodes measured, for endpoints that this one has not used in the last seconds. */
  medians?(endpointId: string): Medians | null;
}

/** The door of the room. Nothing here waits: everything that decides is in memory. */
export interface Router {
  /**
   * Where a request goes, with one candidate at least. Throws MODEL_NOT_FOUND and
   * `NoEndpointAvailable`.
   */
  route(request: RouteRequest): Route;
  /**
   * A dry run: nothing is drawn, the likeliest comes first. Throws nothing: the route carries its
   * `error`.
   */
  plan(request: RouteRequest): Route;
  /**
   * The candidates one by one, each looked at again in the moment of its use; every one that is
   * taken has to be reported. Those that are not `wanted` in that moment are passed over. Throws
   * `NoEndpointAvailable` when all of them went out meanwhile.
   */
  attempts(
    route: Route,
    wanted?: (candidate: RouteCandidate) => boolean,
  ): Generator<RouteCandidate, void, undefined>;
  /** How an attempt ended. */
  report(route: Route, tried: Tried, result: AttemptResult): void;
  /**
   * Looks in a failure for parameters of the request that the endpoint refuses although it is
   * listed for them: where there are any, another endpoint may take it.
   */
  learn(route: Route, tried: Tried, fault: UpstreamFault): readonly RefusedParameter[];
  /**
   * A candidate once more, without what it refused: where the next request would not go there
   * either, or not now, null. `all` that was refused of this request decides it. It has to be
   * reported.
   */
  again(route: Route, one: RefusedBy, all: readonly RefusedBy[]): RouteCandidate | null;
  /** What a provider said that its limits leave: it is respected before they are hit. */
  heard(tried: Tried, quota: ProviderQuota): void;
  /** What an attempt took, for those who ask for speed. */
  measured(endpoint: Endpoint, took: Took): void;
  /** Live figures of an endpoint; null without traffic. */
  medians(endpointId: string): Medians | null;
  status(endpoint: Endpoint): Condition;
  /** What other nodes should know; what they said goes to `apply`. Returns how to stop it. */
  onNotice(listener: (notice: BreakerNotice) => void): () => void;
  apply(notice: BreakerNotice): void;
  /**
   * An endpoint became UP, DEGRADED or DOWN, through this node or another. Returns how to stop it.
   */
  onStatus(listener: (change: StatusChange) => void): () => void;
  close(): void;
}

/** What a streamed attempt took. One that was cut short before content `waitedMs` at the least. */
export type Took = Medians | { readonly waitedMs: number };

export function openRouter(options: RouterOptions): Router {
  const health = new Health(options.clock);
  const affinity = new Affinity(options.clock);
  const refusals = new LearnedRefusals(options.clock, options.keepRefusals ?? nowhere);
  const pace = new Pace(options.clock);
  const elsewhere = (endpointId: string) => options.medians?.(endpointId) ?? null;
  const around = (request: RouteRequest, random: Random | null): Surroundings => {
    const here = pace.now();
    const live = { ...here, medians: (id: string) => here.medians(id) ?? elsewhere(id) };
    return {
      market: options.market(),
      random,
      refusal: ({ endpoint, ownKey }) => health.refusal(endpoint, ownKey?.id, leastTokens(request)),
      troubled: ({ endpoint, ownKey }) => health.troubled(endpoint, ownKey?.id),
      recovering: health.recovering,
      warmth: ({ endpoint, ownKey }) => health.warmth(endpoint, ownKey?.id),
      live,
      lastOf: (session) => affinity.lastOf(session),
      learned: (endpoint) => refusals.of(endpoint),
    };
  };

  const take = ({ endpoint, ownKey }: Tried, request: RouteRequest): Refusal | null => {
    const gone = ownKey && options.hasOwnKey?.(ownKey.id) === false;
    return gone ? ownKeyGone : health.take(endpoint, ownKey?.id, leastTokens(request));
  };

  return {
    route(request) {
      const route = makeRoute(request, around(request, options.random));
      if (route.error) throw route.error;
      return route;
    },
    plan: (request) => makeRoute(request, around(request, null)),
    attempts: (route, wanted) => attempts({ route, wanted, take }),
    report(route, { endpoint, ownKey }, result) {
      health.report(endpoint, result, ownKey?.id);
      const session = sessionOf(route.request, endpoint.model);
      if (!session || result !== 'SUCCEEDED') return;
      affinity.remember(session, endpoint.id, cacheLifeMs(endpoint, route.request));
    },
    learn: ({ request }, tried, fault) => refusals.learn(tried, request.needs.parameters, fault),
    again(route, one, all) {
      const found = again(route, one, { refused: all, around: around(route.request, null) });
      return found && !take(found, route.request) ? found : null;
    },
    heard: ({ endpoint, ownKey }, quota) => health.heard(endpoint, quota, ownKey?.id),
    measured(endpoint, took) {
      if ('waitedMs' in took) pace.observeAtLeast(endpoint.id, took.waitedMs);
      else pace.observe(endpoint.id, took);
    },
    medians: (endpointId) => pace.medians(endpointId) ?? elsewhere(endpointId),
    status: (endpoint) => health.status(endpoint),
    onNotice: (listener) => health.onNotice(listener),
    apply: (notice) => health.apply(notice),
    onStatus: (listener) => health.onStatus(listener),
    close: () => health.close(),
  };
}

/**
 * The prompt's bound is its bytes, of which a token rarely takes more than four: with less than
 * this left, the provider is sure to refuse.
 */
const leastTokens = ({ promptTokens }: RouteRequest) => Math.floor(promptTokens / 4);

const nowhere: KeepRefusals = async () => false;

interface Taking {
  readonly route: Route;
  readonly wanted: ((candidate: RouteCandidate) => boolean) | undefined;
  readonly take: (tried: Tried, request: RouteRequest) => Refusal | null;
}

const ownKeyGone: Refusal = {
  code: 'NOT_CONFIGURED',
  setting: null,
  reason: 'The own provider key was removed or disabled meanwhile.',
  retryAfterMs: null,
};

function* attempts({ route, wanted, take }: Taking): Generator<RouteCandidate, void, undefined> {
  const late: Rejection[] = [];
  try {
    for (let at = 0; ; at++) {
      const candidate = route.candidateAt(at);
      if (!candidate) break;
      if (wanted && !wanted(candidate)) continue;
      const refusal = take(candidate, route.request);
      if (refusal) late.push({ endpoint: candidate.endpoint, ...refusal });
      else yield candidate;
    }
  } finally {
    route.leave();
  }
  if (late.length < route.able.length) return;
  throw new NoEndpointAvailable(route.models, [...route.rejected, ...late]);
}
