import type { Endpoint, Market } from '#catalog';
import type { Clock, Random } from '#kernel';
import { Affinity } from './affinity.ts';
import {
  type AttemptResult,
  type BreakerNotice,
  type Condition,
  Health,
  type StatusChange,
} from './health.ts';
import type { Medians, RouteCandidate } from './order.ts';
import { NoEndpointAvailable, type Rejection } from './rejection.ts';
import type { RouteRequest } from './request.ts';
import { makeRoute, type Route, sessionOf } from './route.ts';

export interface RouterOptions {
  readonly clock: Clock;
  readonly random: Random;
  market(): Market;
  /** Live figures of an endpoint, where there are any. */
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
   * taken has to be reported. Throws `NoEndpointAvailable` when all of them went out meanwhile.
   */
  attempts(route: Route): Generator<RouteCandidate, void, undefined>;
  /** How an attempt ended. */
  report(route: Route, endpoint: Endpoint, result: AttemptResult): void;
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

export function openRouter(options: RouterOptions): Router {
  const health = new Health(options.clock);
  const affinity = new Affinity(options.clock);
  const routeWith = (request: RouteRequest, random: Random | null) =>
    makeRoute(request, {
      market: options.market(),
      random,
      refusal: (endpoint) => health.refusal(endpoint),
      troubled: (endpoint) => health.troubled(endpoint),
      medians: (endpointId) => options.medians?.(endpointId) ?? null,
      lastOf: (session) => affinity.lastOf(session),
    });

  return {
    route(request) {
      const route = routeWith(request, options.random);
      if (route.error) throw route.error;
      return route;
    },
    plan: (request) => routeWith(request, null),
    attempts: (route) => attempts(route, health),
    report(route, endpoint, result) {
      health.report(endpoint, result);
      const session = sessionOf(route.request, endpoint.model);
      if (session && result === 'SUCCEEDED') affinity.remember(session, endpoint.id);
    },
    status: (endpoint) => health.status(endpoint),
    onNotice: (listener) => health.onNotice(listener),
    apply: (notice) => health.apply(notice),
    onStatus: (listener) => health.onStatus(listener),
    close: () => health.close(),
  };
}

function* attempts(route: Route, health: Health): Generator<RouteCandidate, void, undefined> {
  const late: Rejection[] = [];
  for (const candidate of route.candidates) {
    const refusal = health.take(candidate.endpoint);
    if (refusal) late.push({ endpoint: candidate.endpoint, ...refusal });
    else yield candidate;
  }
  if (late.length < route.candidates.length) return;
  throw new NoEndpointAvailable(route.models, [...route.rejected, ...late]);
}
