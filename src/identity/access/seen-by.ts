import type { Prisma } from '#storage';
import { rolesWith } from './permissions.ts';
import type { Principal } from './principal.ts';

/**
 * What a principal may see of each table, as the `where` that every query of it starts from: the
 * first condition, to be joined by AND. Another tenant's rows are then not there, whatever is asked
 * for.
 */
const nothing = { id: { in: [] as string[] } };

export function organizationsSeenBy(principal: Principal): Prisma.OrganizationWhereInput {
  if (principal.kind === 'anonymous') return nothing;
  if (principal.kind === 'apiKey') return { id: principal.organization.id };
  if (principal.platformAdmin) return {};
  return { memberships: { some: { userId: principal.userId, removedAt: null } } };
}

/** An INFERENCE key sees itself; a person their own and, with KEYS_READ, all. */
export function apiKeysSeenBy(principal: Principal): Prisma.ApiKeyWhereInput {
  if (principal.kind === 'anonymous') return nothing;
  if (principal.kind === 'apiKey') {
    const { apiKey, organization } = principal;
    return apiKey.kind === 'MANAGEMENT' ? { organizationId: organization.id } : { id: apiKey.id };
  }
  if (principal.platformAdmin) return {};
  const { userId } = principal;
  const reader = { userId, removedAt: null, role: { in: rolesWith('KEYS_READ') } };
  return {
    OR: [
      { membership: { userId, removedAt: null } },
      { organization: { memberships: { some: reader } } },
    ],
  };
}

/** Members who left are seen by nobody. */
export function membershipsSeenBy(principal: Principal): Prisma.MembershipWhereInput {
  if (principal.kind === 'anonymous') return nothing;
  if (principal.kind === 'apiKey') {
    if (principal.apiKey.kind === 'INFERENCE') return nothing;
    return { organizationId: principal.organization.id, removedAt: null };
  }
  if (principal.platformAdmin) return { removedAt: null };
  const { userId } = principal;
  const reader = { userId, removedAt: null, role: { in: rolesWith('MEMBERS_READ') } };
  return {
    removedAt: null,
    OR: [{ userId }, { organization: { memberships: { some: reader } } }],
  };
}

/** Open ones alone: an invitation that was accepted, revoked or expired is gone. */
export function invitationsSeenBy(principal: Principal, now: Date): Prisma.InvitationWhereInput {
  if (principal.kind === 'anonymous') return nothing;
  const open = { acceptedAt: null, revokedAt: null, expiresAt: { gt: now } };
  if (principal.kind === 'apiKey') {
    if (principal.apiKey.kind === 'INFERENCE') return nothing;
    return { ...open, organizationId: principal.organization.id };
  }
  if (principal.platformAdmin) return open;
  const { userId } = principal;
  const inviter = { userId, removedAt: null, role: { in: rolesWith('MEMBERS_WRITE') } };
  return { ...open, organization: { memberships: { some: inviter } } };
}

/** Oneself, and the members of organizations whose members one may list. */
export function usersSeenBy(principal: Principal): Prisma.UserWhereInput {
  if (principal.kind === 'user' && principal.platformAdmin) return {};
  const listed = { memberships: { some: membershipsSeenBy(principal) } };
  if (principal.kind !== 'user') return listed;
  return { OR: [{ id: principal.userId }, listed] };
}

/** An INFERENCE key sees its own. Whether content may be read is another permission. */
export function completionsSeenBy(principal: Principal): Prisma.CompletionWhereInput {
  if (principal.kind === 'anonymous') return nothing;
  if (principal.kind === 'apiKey') {
    const { apiKey, organization } = principal;
    if (apiKey.kind === 'INFERENCE') return { apiKeyId: apiKey.id };
    return { organizationId: organization.id };
  }
  if (principal.platformAdmin) return {};
  const { userId } = principal;
  const reader = { userId, removedAt: null, role: { in: rolesWith('COMPLETIONS_READ') } };
  return { organization: { memberships: { some: reader } } };
}
