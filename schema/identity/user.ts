import { membershipsSeenBy, usersSeenBy } from '#identity';
import { builder, isPlatformAdmin } from '../builder.ts';
import type { Context } from '../context.ts';
import { findNode, NodeInterface } from '../node.ts';
import { MembershipRef } from './membership.ts';

const isSelf = (id: string, { principal }: Context) =>
  principal.kind === 'user' && principal.userId === id;

const seesAddress = (id: string, context: Context) =>
  isSelf(id, context) ||
  isPlatformAdmin(context) ||
  context.rooms.identity.listsMember(context.principal, id);

export const UserRef = builder.prismaObject('User', {
  description: 'A person.',
  interfaces: [NodeInterface],
  select: { id: true, email: true },
  fields: (t) => ({
    name: t.string({
      select: { name: true },
      description: 'The chosen name, else the part of the e-mail address before the @.',
      resolve: ({ name, email }) => name || (email?.split('@')[0] ?? ''),
    }),
    email: t.string({
      nullable: true,
      description:
        "The caller's own, or that of somebody in an organization whose members the caller may " +
        'list; else null.',
      resolve: (user, _args, context) => (seesAddress(user.id, context) ? user.email : null),
    }),
    isPlatformAdmin: t.boolean({
      nullable: true,
      select: { isPlatformAdmin: true },
      description: 'Whether the person runs this installation. Null except to the person.',
      resolve: (user, _args, context) => (isSelf(user.id, context) ? user.isPlatformAdmin : null),
    }),
    memberships: t.prismaField({
      type: [MembershipRef],
      description:
        'To the person: all. To others: those in organizations that the caller belongs to.',
      resolve: (query, user, _args, context) =>
        context.rooms.storage.prisma.membership.findMany({
          ...query,
          where: { AND: [membershipsSeenBy(context.principal), { userId: user.id }] },
          orderBy: [{ joinedAt: 'asc' }, { id: 'asc' }],
        }),
    }),
  }),
});

findNode('user', 'User', (id, { rooms, principal }) =>
  rooms.storage.prisma.user.findFirst({ where: { AND: [usersSeenBy(principal), { id }] } }),
);
