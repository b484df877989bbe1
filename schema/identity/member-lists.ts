import { invitationsSeenBy, membershipsSeenBy } from '#identity';
import type { Prisma } from '#storage';
import { builder } from '../builder.ts';
import { connectionOf, forwardArgs, pageCost } from '../rows/connection.ts';
import { containing } from '../rows/containing.ts';
import { newestFirst } from '../rows/newest-first.ts';
import { tablePage } from '../rows/paging.ts';
import { InvitationRef } from './invitation.ts';
import { MembershipRef } from './membership.ts';
import { OrganizationRef } from './organization.ts';
import { RoleRef } from './role.ts';

const MembershipConnection = connectionOf({ node: MembershipRef, of: 'members' });
const InvitationConnection = connectionOf({ node: InvitationRef, of: 'open invitations' });

const newestMembers = newestFirst<
  'joinedAt',
  Prisma.MembershipWhereInput,
  Prisma.MembershipOrderByWithRelationInput
>('joinedAt');

const newestInvitations = newestFirst<
  'createdAt',
  Prisma.InvitationWhereInput,
  Prisma.InvitationOrderByWithRelationInput
>('createdAt');

function called(search: string): Prisma.UserWhereInput {
  return { OR: [{ name: containing(search) }, { email: containing(search) }] };
}

builder.prismaObjectField(OrganizationRef, 'members', (t) =>
  t.field({
    type: MembershipConnection,
    nullable: true,
    authScopes: ({ id }) => ({ organization: { organizationId: id, anyOf: ['MEMBERS_READ'] } }),
    description:
      'Who belongs to it, the newest first. Null, with a FORBIDDEN error at this path, without ' +
      'MEMBERS_READ.',
    args: {
      ...forwardArgs,
      search: t.arg.string({ description: 'Part of a name or e-mail address.' }),
      role: t.arg({ type: RoleRef, description: 'Only members with this role.' }),
    },
    complexity: pageCost,
    resolve({ id }, { search, role, ...args }, { rooms, principal }) {
      const all: Prisma.MembershipWhereInput[] = [membershipsSeenBy(principal)];
      all.push({ organizationId: id });
      if (search) all.push({ user: called(search) });
      if (role) all.push({ role });
      const { membership } = rooms.storage.prisma;
      return tablePage({
        list: `members:${id}`,
        args,
        keyset: newestMembers,
        find: (beyond, orderBy, take) =>
          membership.findMany({ where: { AND: [...all, beyond ?? {}] }, orderBy, take }),
        count: () => membership.count({ where: { AND: all } }),
      });
    },
  }),
);

builder.prismaObjectField(OrganizationRef, 'invitations', (t) =>
  t.field({
    type: InvitationConnection,
    nullable: true,
    authScopes: ({ id }) => ({ organization: { organizationId: id, anyOf: ['MEMBERS_WRITE'] } }),
    description:
      'Open invitations, the newest first. Null, with a FORBIDDEN error at this path, without ' +
      'MEMBERS_WRITE.',
    args: forwardArgs,
    complexity: pageCost,
    resolve({ id }, args, { rooms, principal }) {
      const open = invitationsSeenBy(principal, new Date(rooms.clock.now()));
      const all: Prisma.InvitationWhereInput = { AND: [open, { organizationId: id }] };
      const { invitation } = rooms.storage.prisma;
      return tablePage({
        list: `invitations:${id}`,
        args,
        keyset: newestInvitations,
        find: (beyond, orderBy, take) =>
          invitation.findMany({ where: { AND: [all, beyond ?? {}] }, orderBy, take }),
        count: () => invitation.count({ where: all }),
      });
    },
  }),
);
