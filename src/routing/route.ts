import type { Endpoint, Market, Model, RefusedParameter } from '#catalog';
import { Fault, type Random, seededRandom } from '#kernel';
import type { Stay } from './affinity.ts';
import { autoModels, isAuto } from './auto.ts';
import { type Candidate, type Sifted, sift } from './candidates.ts';
import {
  type Credentials,
  credentialsOf,
  eachCredential,
  inTheirOrder,
  unwellWithAll,
  withFirstCredential,
} from './credentials.ts';
import { byChance, type Draw, heaviest } from './draw.ts';
import { InTurn } from './in-turn.ts';
import { evidenceFor } from './learned.ts';
import { positionOf } from './names.ts';
import { type Ordering, order, type RouteCandidate } from './order.ts';
import type { Tried } from './own-keys.ts';
import type { LiveFigures } from './pace.ts';
import { NoEndpointAvailable, type Refusal, type Rejection } from './rejection.ts';
import type { RouteRequest } from './request.ts';
import { type AskedModel, findModel, withoutVariants } from './variants.ts';

/**
 * The answer of the router. Each endpoint of the models asked for is a candidate or rejected, and
 * in one place.
 */
export interface Route {
  /** The model asked for; null when a name is unknown, and then there is nothing but `error`. */
  readonly model: Model | null;
  /** It and its fallbacks. */
  readonly models: readonly Model[];
  /** The candidates in no order that means anything: for what any of them may come to. */
  readonly able: readonly Candidate[];
  /**
   * In the order in which they are tried; those of a fallback model after all of the model before
   * it. All of them are worked out: who needs the next one alone asks for that.
   */
  readonly candidates: readonly RouteCandidate[];
  /** The candidate at this position, from 0; undefined when there are not so many. */
  candidateAt(position: number): RouteCandidate | undefined;
  /** Nobody asks for a further candidate. */
  leave(): void;
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
  refusal(tried: Tried): Refusal | null;
  troubled(tried: Tried): boolean;
  /** Whether there is any endpoint that should get less than its ordinary traffic. */
  readonly recovering: boolean;
  /** What part of it this one should get. */
  warmth(tried: Tried): number;
  readonly live: LiveFigures;
  lastOf(session: string): Stay | null;
  /** What an endpoint was seen to refuse. */
  learned(endpoint: Endpoint): readonly RefusedParameter[];
}

export function makeRoute(request: RouteRequest, around: Surroundings): Route {
  const names = [request.model, ...request.fallbackModels];
  const asked = names.map((name) => modelsBehind(name, request, around));
  const unknown = asked.indexOf(null);
  if (unknown >= 0) return nowhere(request, modelNotFound(names[unknown] ?? '', around.market));
  const distinct = distinctModels(asked.flatMap((found) => found ?? []));
  const lists = listsOf(request, distinct, around);
  const able = joined(lists.map((list) => eachCredential(list.candidates, list.credentials)));
  const rejected = joined(lists.map((list) => list.rejected));
  const models = [...new Set(distinct.map(({ model }) => model))];
  const error = able.length > 0 ? null : new NoEndpointAvailable(models, rejected);
  return new OrderedRoute({ models, able, rejected, error, request, lists });
}

class OrderedRoute implements Route {
  readonly model: Model | null;
  readonly models: readonly Model[];
  readonly able: readonly Candidate[];
  readonly rejected: readonly Rejection[];
  readonly error: Fault | null;
  readonly request: RouteRequest;
  readonly #inTurn: InTurn<RouteCandidate>;

  constructor(made: Omit<Route, keyof Turning | 'model'> & { lists: readonly List[] }) {
    this.model = made.models[0] ?? null;
    this.models = made.models;
    this.able = made.able;
    this.rejected = made.rejected;
    this.error = made.error;
    this.request = made.request;
    this.#inTurn = new InTurn(inSuccession(made.lists));
  }

  get candidates(): readonly RouteCandidate[] {
    return this.#inTurn.all;
  }

  candidateAt(position: number): RouteCandidate | undefined {
    return this.#inTurn.at(position);
  }

  leave(): void {
    this.#inTurn.leave();
  }
}

/** One model, or those that `auto` means; null when nobody has the name. */
function modelsBehind(
  name: string,
  request: RouteRequest,
  around: Surroundings,
): readonly AskedModel[] | null {
  const found = findModel(around.market, name);
  if (found) return [found];
  const { name: bare, says } = withoutVariants(name);
  if (!isAuto(bare)) return null;
  const fits = (asked: AskedModel) =>
    siftFor(request, { ...asked, ...says }, around).candidates.length > 0;
  return autoModels(around.market, request, fits).map((asked) => ({ ...asked, ...says }));
}

function nowhere(request: RouteRequest, error: Fault): Route {
  const nobody = { able: [], rejected: [], ...turning([]) };
  return { model: null, models: [], ...nobody, error, request };
}

/** The route with own keys alone; null when that is no other one, or none. */
export function withOwnKeysAlone(route: Route): Route | null {
  const able = route.able.filter(({ ownKey }) => ownKey);
  if (able.length === 0 || able.length === route.able.length) return null;
  const candidates = route.candidates.filter(({ ownKey }) => ownKey);
  return { ...route, able, ...turning(candidates) };
}

type Turning = Pick<Route, 'candidates' | 'candidateAt' | 'leave'>;

/** Candidates that are all worked out. */
const turning = (candidates: readonly RouteCandidate[]): Turning => ({
  candidates,
  candidateAt: (position) => candidates[position],
  leave: () => {},
});

/** Nearly always there is one list, which is not copied. */
function joined<T>(lists: readonly (readonly T[])[]): readonly T[] {
  return lists.length === 1 && lists[0] ? lists[0] : lists.flat();
}

/**
 * Whose prompt cache it is: one model in one session of one organization; null without a session.
 */
export function sessionOf(request: RouteRequest, model: Model): string | null {
  const { organizationId, sessionId } = request;
  return organizationId && sessionId ? [organizationId, model.id, sessionId].join('\n') : null;
}

/** The endpoints of one of the models asked for. */
interface List extends Sifted {
  /** Of those that may be tried with more than the platform's. */
  readonly credentials: Credentials;
  readonly ordering: Omit<Ordering, 'chance'>;
  readonly learned: Surroundings['learned'];
}

/** In the order of the names. What `:free` leaves out is judged where its model is named again. */
function listsOf(
  request: RouteRequest,
  distinct: readonly AskedModel[],
  around: Surroundings,
): readonly List[] {
  const lists: List[] = [];
  for (const asked of distinct) {
    const before = lists.findIndex(({ ordering }) => ordering.asked.model === asked.model);
    const earlier = lists[before];
    lists.push(listOf(request, { asked, tried: earlier?.candidates ?? [] }, around));
    if (earlier) lists[before] = { ...earlier, rejected: [] };
  }
  return lists;
}

interface Named {
  readonly asked: AskedModel;
  /** Those of its endpoints that are tried before: they are in another list. */
  readonly tried: readonly Candidate[];
}

function listOf(request: RouteRequest, { asked, tried }: Named, around: Surroundings): List {
  const ask = around.refusal;
  const sifted = without(tried, siftFor(request, asked, around));
  const session = sessionOf(request, asked.model);
  const ordering = {
    asked,
    preferences: request.preferences,
    lastOfSession: session === null ? null : around.lastOf(session),
    draw: drawOf(around.random, session),
    troubled: around.troubled,
    recovering: around.recovering,
    warmth: around.warmth,
    medians: around.live.medians,
    trialsDue: around.random !== null && around.live.trialsDue,
    takeTrial: around.live.takeTrial,
  };
  const credentials = credentialsOf(sifted.candidates, request, ask);
  const candidates = withFirstCredential(sifted.candidates, credentials);
  const { rejected } = sifted;
  const list = { candidates, rejected, ordering, credentials, learned: around.learned };
  return request.preferences.allowFallbacks ? list : withoutFallbacks(list);
}

function siftFor(request: RouteRequest, asked: AskedModel, { refusal, learned }: Surroundings) {
  return sift({ request, asked, learned }, (endpoint) => unwellWithAll(endpoint, request, refusal));
}

function without(tried: readonly Candidate[], sifted: Sifted): Sifted {
  if (tried.length === 0) return sifted;
  const others = <Each extends { endpoint: Endpoint }>(list: readonly Each[]) =>
    list.filter(({ endpoint }) => !tried.some((candidate) => candidate.endpoint === endpoint));
  return { candidates: others(sifted.candidates), rejected: others(sifted.rejected) };
}

/**
 * A session draws by its own name: wherever it starts, on whichever node, it starts at the same
 * endpoint.
 */
function drawOf(random: Random | null, session: string | null): Draw {
  if (!random) return heaviest;
  return byChance(session ? seededRandom(session) : random);
}

/** Those that `order` names are all wanted; without it there is the first alone. */
function withoutFallbacks(list: List): List {
  const { candidates, rejected, ordering } = list;
  const names = ordering.preferences.order;
  const [first] = names ? [] : inOrder(list, 1);
  const { kept = [], cut = [] } = Object.groupBy(candidates, ({ endpoint }) => {
    const wanted = names ? positionOf(names, endpoint.provider) >= 0 : endpoint === first?.endpoint;
    return wanted ? 'kept' : 'cut';
  });
  const refused = cut.map(({ endpoint }) => ({
    endpoint,
    code: 'FALLBACKS_OFF' as const,
    setting: 'input.provider.allowFallbacks',
    reason: names
      ? '`allowFallbacks` is false and `order` does not name its provider.'
      : '`allowFallbacks` is false, and another endpoint comes first.',
    retryAfterMs: null,
  }));
  return { ...list, candidates: kept, rejected: [...rejected, ...refused] };
}

/** What comes after another model's candidates is never tried first. */
function* inSuccession(lists: readonly List[]): Generator<RouteCandidate, void, undefined> {
  let chance = 1;
  for (const list of lists) {
    yield* inOrder(list, chance);
    if (list.candidates.length > 0) chance = 0;
  }
}

/** Endpoints in order, each with its credentials, and with all that there is to say of it. */
function* inOrder({ candidates, ordering, credentials, learned }: List, chance: number) {
  const { how } = ordering.asked;
  const ordered = order(candidates, { ...ordering, chance });
  for (const one of inTheirOrder(ordered, credentials, ordering)) {
    const evidence =
      one.droppedParameters.length > 0
        ? evidenceFor(one.droppedParameters, learned(one.endpoint))
        : [];
    const explained = how !== null || evidence.length > 0;
    const reason = [...(how ? [how] : []), one.reason, ...evidence].join(' ');
    yield explained ? { ...one, reason } : one;
  }
}

/**
 * A model that is named twice counts where it is named first; after `:free` without it again, for
 * the endpoints that have a price.
 */
function distinctModels(asked: readonly AskedModel[]): AskedModel[] {
  const covers = (one: AskedModel, other: AskedModel) =>
    one.model.id === other.model.id && (!one.free || other.free);
  return asked.filter((one, at) => asked.findIndex((earlier) => covers(earlier, one)) === at);
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
