import { type Principal, rolesWith } from '#identity';
import type { Prisma } from '#storage';

/** The `where` that every query of the keys starts from: those of organizations with KEYS_READ. */
export function providerKeysSeenBy(principal: Principal): Prisma.ProviderKeyWhereInput {
  const nothing = { id: { in: [] as string[] } };
  if (principal.kind === 'anonymous') return nothing;
  if (principal.kind === 'apiKey') {
    const { apiKey, organization } = principal;
    return apiKey.kind === 'MANAGEMENT' ? { organizationId: organization.id } : nothing;
  }
  if (principal.platformAdmin) return {};
  const { userId } = principal;
  const reader = { userId, removedAt: null, role: { in: rolesWith('KEYS_READ') } };
  return { organization: { memberships: { some: reader } } };
}
