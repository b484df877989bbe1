import type { Endpoint, Model } from '#catalog';
import type { Condition } from '#routing';

export type Health = (endpoint: Endpoint) => Condition;

const serving = new Set<Condition['status']>(['UP', 'DEGRADED']);

export const canServe = (endpoint: Endpoint, health: Health) =>
  serving.has(health(endpoint).status);

/** One endpoint, never a mix: the cheapest that can serve now; when none can, the cheapest of all. */
export function cheapestEndpoint(model: Model, health: Health): Endpoint | null {
  const [cheapest = null] = model.endpoints;
  return model.endpoints.find((endpoint) => canServe(endpoint, health)) ?? cheapest;
}

/** A provider is as well as the best of its endpoints. */
export function bestHealth(endpoints: readonly Endpoint[], health: Health) {
  const ranks = ['UP', 'DEGRADED', 'DOWN', 'NOT_CONFIGURED', 'DISABLED'] as const;
  const found = new Set(endpoints.map((endpoint) => health(endpoint).status));
  return ranks.find((status) => found.has(status)) ?? 'DISABLED';
}
