import type { Endpoint, Market, Model } from '#catalog';
import { Fault, type Random, seededRandom } from '#kernel';
import { type Sifted, sift } from './candidates.ts';
import { byChance, heaviest, type Pick } from './draw.ts';
import { positionOf } from './names.ts';
import { order, type RouteCandidate } from './order.ts';
import type { LiveFigures } from './pace.ts';
import { NoEndpointAvailable, type Refusal, type Rejection } from './rejection.ts';
import type { RouteRequest } from './request.ts';
import { type AskedModel, findModel } from './variants.ts';

/**
 * The answer of the router. Each endpoint of the models asked for is a candidate or rejected, and
 * in one place.
 */
export interface Route {
  /** The model asked for; null when a name is unknown, and then there is nothing but `error`. */
  readonly model: Model | null;
  /** It and its fallbacks. */
  readonly models: readonly Model[];
  /**
   * In the order in which they are tried; those of a fallback model after all of the model before
   * it.
   */
  readonly candidates: readonly RouteCandidate[];
  readonly rejected: readonly Rejection[];
  /** Why there is no candidate: MODEL_NOT_FOUND, or a `NoEndpointAvailable`. */
  readonly error: Fault | null;
  readonly request: RouteRequest;
}

/** What a route is made of beside the request. */
export interface Surroundings {
  readonly market: Market;
  /** Null for a dry run, which shows the likeliest order. */
  readonly random: Random | null;
  refusal(endpoint: Endpoint): Refusal | null;
  troubled(endpoint: Endpoint): boolean;
  readonly live: LiveFigures;
  lastOf(session: string): string | null;
}

export function makeRoute(request: RouteRequest, around: Surroundings): Route {
  const empty = { model: null, models: [], candidates: [], rejected: [], request };
  const names = [request.model, ...request.fallbackModels];
  const asked = names.map((name) => findModel(around.market, name));
  const unknown = asked.indexOf(null);
  if (unknown >= 0) return { ...empty, error: modelNotFound(names[unknown] ?? '', around.market) };
  const distinct = distinctModels(asked.filter((found) => found !== null));
  const lists = distinct.map((model) => listOf(request, model, around));
  const candidates = inSuccession(lists.map((list) => list.candidates));
  const rejected = lists.flatMap((list) => list.rejected);
  const models = distinct.map(({ model }) => model);
  const error = candidates.length > 0 ? null : new NoEndpointAvailable(models, rejected);
  return { model: models[0] ?? null, models, candidates, rejected, error, request };
}

/**
 * Whose prompt cache it is: one model in one session of one organization; null without a session.
 */
export function sessionOf(request: RouteRequest, model: Model): string | null {
  const { organizationId, sessionId } = request;
  return organizationId && sessionId ? [organizationId, model.id, sessionId].join('\n') : null;
}

function listOf(
  request: RouteRequest,
  asked: AskedModel,
  around: Surroundings,
): Sifted<RouteCandidate> {
  const { candidates, rejected } = sift(request, asked, around.refusal);
  const session = sessionOf(request, asked.model);
  const ordered = order(candidates, {
    asked,
    preferences: request.preferences,
    lastOfSession: session && around.lastOf(session),
    pick: pickOf(around.random, session),
    troubled: around.troubled,
    medians: (endpointId) => around.live.medians(endpointId),
    takeTrial: (endpointId) => around.random !== null && around.live.takeTrial(endpointId),
  });
  if (request.preferences.allowFallbacks) return { candidates: ordered, rejected };
  const { candidates: kept, rejected: cut } = withoutFallbacks(ordered, request);
  return { candidates: kept, rejected: [...rejected, ...cut] };
}

/**
 * A session draws by its own name: wherever it starts, on whichever node, it starts at the same
 * endpoint.
 */
function pickOf(random: Random | null, session: string | null): Pick {
  if (!random) return heaviest;
  return byChance(session ? seededRandom(session) : random);
}

/** Those that `order` names are all wanted; without it there is the first alone. */
function withoutFallbacks(
  ordered: readonly RouteCandidate[],
  { preferences }: RouteRequest,
): Sifted<RouteCandidate> {
  const list = preferences.order;
  const kept = list
    ? ordered.filter(({ endpoint }) => positionOf(list, endpoint.provider) >= 0)
    : ordered.slice(0, 1);
  const rejected = ordered.slice(kept.length).map(({ endpoint }) => ({
    endpoint,
    code: 'FALLBACKS_OFF' as const,
    setting: 'input.provider.allowFallbacks',
    reason: list
      ? '`allowFallbacks` is false and `order` does not name its provider.'
      : '`allowFallbacks` is false, and another endpoint comes first.',
    retryAfterMs: null,
  }));
  return { candidates: kept.map((one, at) => ({ ...one, weight: at === 0 ? 1 : 0 })), rejected };
}

/** What comes after another model's candidates is never tried first. */
function inSuccession(lists: readonly (readonly RouteCandidate[])[]): RouteCandidate[] {
  const first = lists.findIndex((list) => list.length > 0);
  return lists.flatMap((list, at) =>
    at > first ? list.map((one) => ({ ...one, weight: 0 })) : list,
  );
}

/** A model that is named twice counts where it is named first. */
function distinctModels(asked: readonly AskedModel[]): AskedModel[] {
  const firstAt = ({ model }: AskedModel) => asked.findIndex((one) => one.model.id === model.id);
  return asked.filter((one, at) => firstAt(one) === at);
}

const suggestionsMax = 3;
const nameLengthMax = 100;

function modelNotFound(name: string, market: Market): Fault {
  const near = market.search(name.slice(0, nameLengthMax)).slice(0, suggestionsMax);
  const suggestions = near.map(({ slug }) => slug).join(', ');
  const given = JSON.stringify(name.slice(0, nameLengthMax));
  const hint = suggestions ? ` Did you mean ${suggestions}?` : ' `models` lists what there is.';
  return new Fault('MODEL_NOT_FOUND', { public: `There is no model ${given}.${hint}` });
}
