import type { Invited } from '#identity';
import { builder } from '../builder.ts';
import { caught } from '../failures.ts';
import { resultUnion } from '../results.ts';
import { written } from '../rows/written.ts';
import { InvitationRef } from './invitation.ts';
import { OrganizationRef } from './organization.ts';
import { RoleRef } from './role.ts';

const InviteMemberInput = builder.inputType('InviteMemberInput', {
  description: 'Who is asked to join, and as what.',
  fields: (t) => ({
    organizationId: t.id({ required: true, description: 'The organization to join.' }),
    email: t.string({
      required: true,
      description: 'An e-mail address. Only a person who signs in with it can accept.',
    }),
    role: t.field({
      type: RoleRef,
      required: true,
      description: 'What the new member may do. OWNER: for owners to give.',
    }),
  }),
});

const InviteMemberPayload = builder.objectRef<Invited>('InviteMemberPayload').implement({
  description: 'The invitation is open for seven days.',
  fields: (t) => ({
    invitation: t.prismaField({
      type: InvitationRef,
      description: 'Its state after the change.',
      resolve: async (query, { invitationId: id }, _args, { rooms }) =>
        written(await rooms.storage.prisma.invitation.findFirst({ ...query, where: { id } })),
    }),
    organization: t.prismaField({
      type: OrganizationRef,
      description: 'Its state after the change.',
      resolve: async (query, { organization: { id } }, _args, { rooms }) =>
        written(await rooms.storage.prisma.organization.findFirst({ ...query, where: { id } })),
    }),
    token: t.string({
      description: 'For `acceptInvitation`. Keep it now: it cannot be shown again.',
      resolve: ({ token }) => token.reveal(),
    }),
  }),
});

const RevokeInvitationPayload = builder
  .objectRef<{ id: string; organizationId: string }>('RevokeInvitationPayload')
  .implement({
    description: 'Its token opens nothing any more.',
    fields: (t) => ({
      revokedInvitationId: t.id({
        description: 'The invitation that is no more, for a client that drops it from its lists.',
        resolve: ({ id }) => id,
      }),
      organization: t.prismaField({
        type: OrganizationRef,
        description: 'Its state after the change.',
        resolve: async (query, { organizationId: id }, _args, { rooms }) =>
          written(await rooms.storage.prisma.organization.findFirst({ ...query, where: { id } })),
      }),
    }),
  });

const InviteMemberResult = resultUnion({
  name: 'InviteMemberResult',
  payload: InviteMemberPayload,
});
const RevokeInvitationResult = resultUnion({
  name: 'RevokeInvitationResult',
  payload: RevokeInvitationPayload,
});

const authScopes = { authenticated: true };

builder.mutationFields((t) => ({
  inviteMember: t.field({
    type: InviteMemberResult,
    nullable: true,
    authScopes,
    description:
      'Invites an e-mail address for seven days; an open invitation of the same address is ' +
      'replaced. Needs MEMBERS_WRITE.',
    args: {
      input: t.arg({
        type: InviteMemberInput,
        required: true,
        description: 'Who is invited, where and as what.',
      }),
    },
    resolve: (_root, { input }, { rooms, principal }) =>
      caught(() => rooms.identity.inviteMember(principal, input)),
  }),
  revokeInvitation: t.field({
    type: RevokeInvitationResult,
    nullable: true,
    authScopes,
    description:
      'Takes an invitation back. Needs MEMBERS_WRITE. One that was accepted is a CONFLICT.',
    args: { id: t.arg.id({ required: true, description: 'The invitation.' }) },
    resolve: (_root, { id }, { rooms, principal }) =>
      caught(() => rooms.identity.revokeInvitation(principal, id)),
  }),
}));
