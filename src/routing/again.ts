import type { Endpoint, RefusedParameter } from '#catalog';
import type { RouteCandidate } from './order.ts';
import { makeRoute, type Route, type Surroundings } from './route.ts';

/** A candidate that refused parameters of the request that it was sent. */
export interface RefusedBy {
  readonly candidate: RouteCandidate;
  readonly parameters: readonly RefusedParameter[];
}

/**
 * The candidate once more, without what it refused of this request, at the prices that it was
 * admitted with; null where another request like it would not go there either, since the caller
 * demands the parameter, say, or since others take it.
 */
export function again(
  { request }: Route,
  { candidate }: RefusedBy,
  { refused, around }: { readonly refused: readonly RefusedBy[]; readonly around: Surroundings },
): RouteCandidate | null {
  // Of an own key nothing is learned: what it was refused is known here alone.
  const refusedHere = ({ id }: Endpoint) =>
    refused.flatMap((one) => (one.candidate.endpoint.id === id ? one.parameters : []));
  const learned = (endpoint: Endpoint) => [...around.learned(endpoint), ...refusedHere(endpoint)];
  // It was chosen already: that it may be the only one chosen is no reason against it.
  const preferences = { ...request.preferences, allowFallbacks: true };
  const { able } = makeRoute({ ...request, preferences }, { ...around, random: null, learned });
  const found = able.find(
    ({ endpoint, ownKey }) =>
      endpoint.id === candidate.endpoint.id && ownKey?.id === candidate.ownKey?.id,
  );
  const { droppedParameters } = found ?? candidate;
  // Each time something more is dropped: so there is an end to it.
  const goesWithout = droppedParameters.length > candidate.droppedParameters.length;
  return goesWithout ? { ...candidate, droppedParameters } : null;
}
