import { membershipsSeenBy } from '#identity';
import { formatMoney } from '#kernel';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { findNode, NodeInterface } from '../node.ts';
import { noRow } from '../rows/no-row.ts';
import { dollarsOrNull } from '../scalars.ts';
import { RoleRef } from './role.ts';

export const MembershipRef = builder.prismaObject('Membership', {
  description: 'A person in an organization.',
  interfaces: [NodeInterface],
  fields: (t) => ({
    user: t.relation('user', { description: 'Who it is.' }),
    organization: t.relation('organization', { description: 'Where.' }),
    role: t.expose('role', { type: RoleRef, description: 'What the member may do.' }),
    joinedAt: t.expose('joinedAt', { type: 'DateTime', description: 'Since when.' }),
    monthlyBudget: t.field({
      type: 'Decimal',
      nullable: true,
      description:
        'US dollars that the member and their keys may spend in a calendar month, UTC; null ' +
        'without a limit. Change it with `updateMember`.',
      resolve: ({ monthlyBudget }) => dollarsOrNull(monthlyBudget),
    }),
    spentThisMonth: t.field({
      type: 'Decimal',
      complexity: 5,
      description:
        "US dollars charged to this member's keys in the current calendar month, UTC, less what " +
        'was given back of it.',
      resolve: async ({ id }, _args, { rooms }) => formatMoney(await rooms.credits.memberSpend(id)),
    }),
  }),
});

/** One's own membership, and those of organizations whose members one may list; none that ended. */
export function seesMember(
  member: { userId: string; organizationId: string; removedAt: Date | null },
  { rooms, principal }: Context,
): boolean {
  if (member.removedAt) return false;
  if (principal.kind === 'user' && principal.userId === member.userId) return true;
  const granted = rooms.identity.permissions(principal, member.organizationId);
  return granted?.has('MEMBERS_READ') ?? false;
}

/** The membership with this id; null where there is none, or the caller may not see it. */
export const membershipSeen = (
  id: string | null,
  { rooms, principal }: Context,
  query: object = {},
) =>
  id === null
    ? noRow(query)
    : rooms.storage.prisma.membership.findFirst({
        ...query,
        where: { AND: [membershipsSeenBy(principal), { id }] },
      });

findNode('membership', 'Membership', membershipSeen);
