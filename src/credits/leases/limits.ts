import type { HoldRequest } from '../terms.ts';
import type { Lease } from './lease.ts';

/** True when a request brings another limit than its lease was granted under. */
export const limitChanged = (leases: readonly Lease[], { targets }: HoldRequest): boolean =>
  leases.some((lease, index) => lease.limit !== (targets[index]?.limit ?? null));

/**
 * Notes the limits that a request brings, and answers the leases whose limit was lowered since they
 * were granted: it counts from now on, so what is free under the old one goes back.
 */
export function noteLimits(leases: readonly Lease[], { targets }: HoldRequest): Lease[] {
  return leases.filter((lease, index) => {
    const limit = targets[index]?.limit ?? null;
    const lowered = limit !== null && lease.limit !== null && limit < lease.limit;
    lease.limit = limit;
    return lowered;
  });
}
