import { membershipsSeenBy } from '#identity';
import { builder, isPlatformAdmin } from './builder.ts';
import type { Context } from './context.ts';
import { findNode, NodeInterface } from './node.ts';
import { ApiKeyRef, MembershipRef } from './organization.ts';

const isSelf = (id: string, { principal }: Context) =>
  principal.kind === 'user' && principal.userId === id;

export const UserRef = builder.prismaObject('User', {
  description: 'A person.',
  interfaces: [NodeInterface],
  fields: (t) => ({
    name: t.exposeString('name', {
      description: 'The chosen name, else the part of the e-mail address before the @.',
    }),
    email: t.string({
      nullable: true,
      description: "The caller's own; null for others.",
      resolve: (user, _args, context) =>
        isSelf(user.id, context) || isPlatformAdmin(context) ? user.email : null,
    }),
    isPlatformAdmin: t.boolean({
      nullable: true,
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
          orderBy: { joinedAt: 'asc' },
        }),
    }),
  }),
});

const Viewer = builder.unionType('Viewer', {
  description: 'Who asks: a person or a key.',
  types: [UserRef, ApiKeyRef],
  resolveType: (row) => ('hint' in row ? 'ApiKey' : 'User'),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: Viewer,
    nullable: true,
    description: 'Who the credentials are: a person, or an API key. Null for an anonymous caller.',
    resolve(_root, _args, { rooms, principal }) {
      if (principal.kind === 'apiKey') {
        return rooms.storage.prisma.apiKey.findFirst({ where: { id: principal.apiKey.id } });
      }
      if (principal.kind === 'anonymous') return null;
      return rooms.storage.prisma.user.findFirst({ where: { id: principal.userId } });
    },
  }),
);

findNode('user', 'User', (id, context) =>
  isSelf(id, context) || isPlatformAdmin(context)
    ? context.rooms.storage.prisma.user.findFirst({ where: { id } })
    : null,
);
