import type { Membership } from '#identity';
import { builder } from '../builder.ts';
import { caught } from '../failures.ts';
import { resultUnion } from '../results.ts';
import { written } from '../rows/written.ts';
import { MembershipRef } from './membership.ts';
import { OrganizationRef } from './organization.ts';
import { RoleRef } from './role.ts';

const UpdateMemberInput = builder.inputType('UpdateMemberInput', {
  description: 'What changes. An absent field stays.',
  fields: (t) => ({
    membershipId: t.id({ required: true, description: 'The member.' }),
    role: t.field({
      type: RoleRef,
      description: 'The new role. From or to OWNER: for owners; the last owner stays one.',
    }),
    monthlyBudget: t.field({
      type: 'Decimal',
      description:
        'US dollars that the member and their keys may spend in a calendar month, UTC, from 0 ' +
        'on; null: no limit.',
    }),
  }),
});

function membershipPayload(name: string, description: string) {
  return builder.objectRef<Membership>(name).implement({
    description,
    fields: (t) => ({
      membership: t.prismaField({
        type: MembershipRef,
        description: 'Its state after the change.',
        resolve: async (query, { id }, _args, { rooms }) =>
          written(await rooms.storage.prisma.membership.findFirst({ ...query, where: { id } })),
      }),
    }),
  });
}

const removedId = {
  description: 'The membership that is no more, for a client that drops it from its lists.',
  resolve: ({ id }: Membership) => id,
};

const RemoveMemberPayload = builder.objectRef<Membership>('RemoveMemberPayload').implement({
  description: 'The member is out, and their keys are revoked.',
  fields: (t) => ({
    removedMembershipId: t.id(removedId),
    organization: t.prismaField({
      type: OrganizationRef,
      description: 'Its state after the change.',
      resolve: async (query, { organizationId: id }, _args, { rooms }) =>
        written(await rooms.storage.prisma.organization.findFirst({ ...query, where: { id } })),
    }),
  }),
});

const LeaveOrganizationPayload = builder
  .objectRef<Membership>('LeaveOrganizationPayload')
  .implement({
    description: 'You are out, and your keys there are revoked.',
    fields: (t) => ({ removedMembershipId: t.id(removedId) }),
  });

const UpdateMemberResult = resultUnion({
  name: 'UpdateMemberResult',
  payload: membershipPayload('UpdateMemberPayload', 'The member was changed.'),
});
const RemoveMemberResult = resultUnion({
  name: 'RemoveMemberResult',
  payload: RemoveMemberPayload,
});
const LeaveOrganizationResult = resultUnion({
  name: 'LeaveOrganizationResult',
  payload: LeaveOrganizationPayload,
});
const AcceptInvitationResult = resultUnion({
  name: 'AcceptInvitationResult',
  payload: membershipPayload('AcceptInvitationPayload', 'You are a member now.'),
});

const authScopes = { authenticated: true };

builder.mutationFields((t) => ({
  updateMember: t.field({
    type: UpdateMemberResult,
    nullable: true,
    authScopes,
    description: 'Changes role or budget, effective for the next request. Needs MEMBERS_WRITE.',
    args: {
      input: t.arg({ type: UpdateMemberInput, required: true, description: 'What changes.' }),
    },
    resolve: (_root, { input }, { rooms, principal }) =>
      caught(() => rooms.identity.updateMember(principal, input)),
  }),
  removeMember: t.field({
    type: RemoveMemberResult,
    nullable: true,
    authScopes,
    description:
      'Ends a membership and revokes its keys. Needs MEMBERS_WRITE; owners are removed by ' +
      'owners, the last one not at all.',
    args: { membershipId: t.arg.id({ required: true, description: 'The member.' }) },
    resolve: (_root, { membershipId }, { rooms, principal }) =>
      caught(() => rooms.identity.removeMember(principal, membershipId)),
  }),
  leaveOrganization: t.field({
    type: LeaveOrganizationResult,
    nullable: true,
    authScopes,
    description:
      'Ends your own membership and revokes your keys there. The last owner stays (CONFLICT).',
    args: { organizationId: t.arg.id({ required: true, description: 'Where you leave.' }) },
    resolve: (_root, { organizationId }, { rooms, principal }) =>
      caught(() => rooms.identity.leaveOrganization(principal, organizationId)),
  }),
  acceptInvitation: t.field({
    type: AcceptInvitationResult,
    nullable: true,
    authScopes,
    description:
      'Joins the organization that invited the address you signed in with. One answer, ' +
      'NOT_FOUND, for a token that is unknown, used, revoked, expired or for another address.',
    args: { token: t.arg.string({ required: true, description: 'The token of the invitation.' }) },
    resolve: (_root, { token }, { rooms, principal }) =>
      caught(() => rooms.identity.acceptInvitation(principal, token)),
  }),
}));
