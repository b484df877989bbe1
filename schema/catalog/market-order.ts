import type { CanServe, Endpoint } from '#catalog';
import type { Condition } from '#routing';
import type { Rooms } from '../context.ts';

const serving: ReadonlySet<Condition['status']> = new Set(['UP', 'DEGRADED']);

export const idsOf = (endpoints: readonly Endpoint[]) => endpoints.map(({ id }) => id);

/**
 * Whether an endpoint can serve now, as the router sees it. The router is not taken before it is
 * asked: an answer for which it never was is the same until the catalog changes, and kept.
 */
export const canServe =
  (rooms: Rooms): CanServe =>
  (endpoint) =>
    serving.has(rooms.router.status(endpoint).status);

const bestFirst = ['UP', 'DEGRADED', 'DOWN', 'NOT_CONFIGURED', 'DISABLED'] as const;

/**
 * A provider is as well as the best of its endpoints; one without any is as good as switched off.
 */
export const bestStatus = (endpoints: readonly Endpoint[], { router }: Rooms) =>
  bestOf(endpoints.map((endpoint) => router.status(endpoint).status));

/** DISABLED of none. */
export function bestOf(statuses: Iterable<Condition['status']>): Condition['status'] {
  const found = new Set(statuses);
  return bestFirst.find((status) => found.has(status)) ?? 'DISABLED';
}
