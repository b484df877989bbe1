import type { Endpoint } from '#catalog';
import type { Candidate } from './candidates.ts';
import type { RouteCandidate } from './order.ts';
import type { OwnKey, OwnKeys, Tried } from './own-keys.ts';
import type { Refusal } from './rejection.ts';
import type { RoutePreferences, RouteRequest } from './request.ts';
import type { AskedModel } from './variants.ts';

/** Why an endpoint must be left alone with this credential now; null when it may be used. */
export type Ask = (tried: Tried) => Refusal | null;

/** Why an endpoint must be left alone with every credential that there is; else null. */
export function unwellWithAll(endpoint: Endpoint, { ownKeys }: RouteRequest, ask: Ask) {
  if (!ownKeys.has(endpoint.provider.id)) return ask({ endpoint });
  const refusals = credentialsFor(endpoint, ownKeys).map((ownKey) => ask({ endpoint, ownKey }));
  return refusals.includes(null) ? null : (refusals[0] ?? null);
}

/** What endpoints with own keys may be tried with; undefined is the platform's credential. */
export type Credentials = ReadonlyMap<Endpoint, readonly (OwnKey | undefined)[]>;

/** Found out once for a route, so that it stays one whatever happens while it is used. */
export function credentialsOf(
  candidates: readonly Candidate[],
  { ownKeys }: RouteRequest,
  ask: Ask,
): Credentials {
  if (ownKeys.size === 0) return noCredentials;
  const concerned = candidates.filter(({ endpoint }) => ownKeys.has(endpoint.provider.id));
  return new Map(
    concerned.map(({ endpoint }) => [
      endpoint,
      credentialsFor(endpoint, ownKeys).filter((ownKey) => ask({ endpoint, ownKey }) === null),
    ]),
  );
}

const noCredentials: Credentials = new Map();

/** Each endpoint with the credential that it is tried with first: that one's trouble counts. */
export function withFirstCredential(
  candidates: readonly Candidate[],
  credentials: Credentials,
): readonly Candidate[] {
  if (credentials.size === 0) return candidates;
  return candidates.map((one) => ({ ...one, ownKey: credentials.get(one.endpoint)?.[0] }));
}

/** Each endpoint once for every credential: own keys first. */
export function eachCredential<C extends Candidate>(
  candidates: readonly C[],
  credentials: Credentials,
): readonly C[] {
  if (credentials.size === 0) return candidates;
  return candidates.flatMap((candidate) => {
    const own = credentials.get(candidate.endpoint);
    return own ? own.map((ownKey) => ({ ...candidate, ownKey })) : [candidate];
  });
}

interface Wish {
  readonly asked: AskedModel;
  readonly preferences: RoutePreferences;
}

/**
 * The same of endpoints that are in their order. Where the caller has no wish, all own keys go
 * before whatever costs the full price.
 */
export function* inTheirOrder(
  ordered: Generator<RouteCandidate, void, undefined>,
  credentials: Credentials,
  { asked, preferences }: Wish,
): Generator<RouteCandidate, void, undefined> {
  if (credentials.size === 0) return yield* ordered;
  const each = eachCredential([...ordered].map(withReason(credentials)), credentials);
  const all = each.map(chanceOnce());
  if (preferences.order || preferences.sort || asked.sort) return yield* all;
  const own = all.filter(({ ownKey }) => ownKey);
  const others = all.filter(({ ownKey }) => !ownKey);
  if (own.length === 0) return yield* others;
  const chance = all.reduce((sum, { weight }) => sum + weight, 0);
  yield* sharing(own, chance);
  yield* others.map((one) => ({ ...one, weight: 0 }));
}

/** Undefined is the platform's. Of several own keys that disagree on the fallback, none has it. */
function credentialsFor({ provider }: Endpoint, ownKeys: OwnKeys): readonly (OwnKey | undefined)[] {
  const own = ownKeys.get(provider.id) ?? [];
  const platform = provider.configured && own.every(({ fallbackToPlatform }) => fallbackToPlatform);
  return platform ? [...own, undefined] : own;
}

const withReason = (credentials: Credentials) => (one: RouteCandidate) =>
  credentials.has(one.endpoint)
    ? { ...one, reason: `An own provider key first. ${one.reason}` }
    : one;

/** The first credential of an endpoint has the chance that the endpoint had. */
function chanceOnce() {
  const seen = new Set<Endpoint>();
  return (one: RouteCandidate) => {
    const again = seen.has(one.endpoint);
    seen.add(one.endpoint);
    return again ? { ...one, weight: 0 } : one;
  };
}

/** What all together had is theirs: in proportion, or the first one's where none had any. */
function sharing(own: readonly RouteCandidate[], chance: number): readonly RouteCandidate[] {
  const total = own.reduce((sum, { weight }) => sum + weight, 0);
  return own.map((one, at) => {
    const share = total > 0 ? one.weight / total : Number(at === 0);
    return { ...one, weight: share * chance };
  });
}
