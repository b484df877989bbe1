import type { Permission } from '#identity';
import type { Context } from '../context.ts';
import { idOf } from '../rows/paging.ts';

/**
 * The scope of an argument `organizationId`. What is no id of an organization is told so, and to
 * nobody before there are credentials; one that is not there is as little there as another
 * tenant's. @throws InvalidInput; Fault UNAUTHENTICATED, NOT_FOUND, FORBIDDEN.
 */
export function inOrganization(
  id: string,
  anyOf: readonly Permission[],
  { principal, rooms }: Context,
): true {
  const nobody = principal.kind === 'anonymous';
  const organizationId = nobody ? id : idOf('organization', id, 'organizationId');
  rooms.identity.demand(principal, organizationId, ...anyOf);
  return true;
}
