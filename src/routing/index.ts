/**
 * routing: which endpoint a request goes to, in which order, and why not to the others. Owns the
 * breakers and the memory of sessions; refuses to send anything, to wait for anything and to know a
 * bill.
 *
 * 1. Each endpoint of the models asked for is a candidate or rejected with its reason: none is
 *    lost.
 * 2. The weights of a route with candidates add up to 1.
 * 3. A request narrows the organization's policy and the key's models, never widens them.
 * 4. A caller's own error, an abandoned attempt and a rate limit never open a breaker; nor does a
 *    fault model. What happens to one credential counts against that credential only.
 * 5. A half-open breaker admits one trial at a time on each node.
 * 6. What a provider refuses to an organization's own key says nothing about the platform's
 *    credential, and vice versa.
 * 7. A dry run is the same code; only the draw differs.
 */
export type { RefusedBy } from './again.ts';
export type { AttemptResult } from './attempt-result.ts';
export type { Candidate } from './candidates.ts';
export type { Condition, EndpointStatus } from './condition.ts';
export type { BreakerNotice, StatusChange } from './health.ts';
export { keepIncidents } from './incidents.ts';
export { unknownProviders } from './names.ts';
export { needsOf, withoutParameters } from './needs.ts';
export type { RouteCandidate } from './order.ts';
export type { OwnKey } from './own-keys.ts';
export type { Medians } from './pace.ts';
export { anyPasses, NoEndpointAvailable, type Rejection, type RejectionCode } from './rejection.ts';
export {
  noPreferences,
  type RouteNeeds,
  type RoutePreferences,
  type RouteRequest,
  textNeeds,
} from './request.ts';
export { type Route, withOwnKeysAlone } from './route.ts';
export { openRouter, type Router, type RouterOptions } from './router.ts';
export { timeoutsOf } from './timeouts.ts';
export { modelNamed } from './variants.ts';
