import type { Permission } from '#identity';
import type { Context } from './context.ts';
import { idOf } from './paging.ts';

/**
 * The scope of an argument `organizationId`. What is no id of an organization is told so, and to
 * nobody before there are credentials. @throws InvalidInput.
 */
export function inOrganization(id: string, anyOf: readonly Permission[], { principal }: Context) {
  const nobody = principal.kind === 'anonymous';
  const organizationId = nobody ? id : idOf('organization', id, 'organizationId');
  return { organization: { organizationId, anyOf } };
}
