import { invitationsSeenBy, usersSeenBy } from '#identity';
import { builder } from '../builder.ts';
import { findNode, NodeInterface } from '../node.ts';
import { RoleRef } from './role.ts';
import { UserRef } from './user.ts';

export const InvitationRef = builder.prismaObject('Invitation', {
  description:
    'An address that was asked to join. Open for seven days, until it is accepted or revoked.',
  interfaces: [NodeInterface],
  fields: (t) => ({
    email: t.exposeString('email', {
      description: 'Where it was sent; a person who signs in with this address may accept it.',
    }),
    role: t.expose('role', { type: RoleRef, description: 'What the new member may do.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When it ends.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    organization: t.relation('organization', { description: 'The organization to join.' }),
    invitedBy: t.prismaField({
      type: UserRef,
      nullable: true,
      description:
        'The person who invited; null when a management key did, or when the person has left.',
      resolve: (query, { invitedBy }, _args, { rooms, principal }) =>
        rooms.storage.prisma.user.findFirst({
          ...query,
          where: { AND: [usersSeenBy(principal), { id: invitedBy }] },
        }),
    }),
  }),
});

findNode('invitation', 'Invitation', (id, { rooms, principal }) =>
  rooms.storage.prisma.invitation.findFirst({
    where: { AND: [invitationsSeenBy(principal, new Date(rooms.clock.now())), { id }] },
  }),
);
