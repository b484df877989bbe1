import { record } from '#audit';
import { Fault, formatMoney } from '#kernel';
import type { Transaction } from '#storage';
import { credentialNeeded, memberNotFound } from '../access/access.ts';
import { actorOf, personOf } from '../access/actor.ts';
import { permissionNeeded } from '../access/permissions.ts';
import type { Membership, Principal, Role } from '../access/principal.ts';
import { changeTopic } from '../follow.ts';
import { clearedIssues, idIssues, limitIssues, limitOf, refuseIfAny } from '../input-issues.ts';
import { membershipOf } from '../rows.ts';
import { writeAs } from '../write-as.ts';
import type { Writing } from '../writing.ts';
import { demandOwnerFor, keepAnOwner } from './owners.ts';

/** The contract's UpdateMemberInput: an absent field stays; a budget of null is no limit. */
export interface UpdateMemberInput {
  readonly membershipId: string;
  readonly role?: Role | null | undefined;
  /** US dollars of a calendar month, UTC; an exact decimal. */
  readonly monthlyBudget?: string | null | undefined;
}

/**
 * Another role or budget, effective for the next request. Faults: UNAUTHENTICATED; FORBIDDEN, also
 * for an owner when the caller is none; InvalidInput; NOT_FOUND; CONFLICT for the last owner.
 */
export async function updateMember(
  writing: Writing,
  principal: Principal,
  input: UpdateMemberInput,
): Promise<Membership> {
  const { clock } = writing;
  const { membershipId, role, monthlyBudget } = input;
  refuseIfAny([
    ...idIssues('membership', 'input.membershipId', membershipId),
    ...clearedIssues('input.role', role),
    ...limitIssues('input.monthlyBudget', monthlyBudget, -1n),
  ]);
  const { organizationId } = memberToWrite(writing, principal, membershipId);
  const data = {
    ...(role ? { role } : {}),
    ...(monthlyBudget === undefined ? {} : { monthlyBudget: limitOf(monthlyBudget) }),
  };
  return writeAs(writing, { principal, organizationId }, async (tx) => {
    const member = await memberNow(tx, membershipId);
    const roles = role ? [member.role, role] : [member.role];
    demandOwnerFor(writing, principal, { organizationId, roles });
    if (member.role === 'OWNER' && role && role !== 'OWNER') await keepAnOwner(tx, member);
    const row = await tx.membership.update({ where: { id: member.id }, data });
    tx.change(changeTopic, `membership:${member.id}`);
    const budget = row.monthlyBudget === null ? null : formatMoney(row.monthlyBudget);
    const details = { role: row.role, monthlyBudget: budget };
    await record(tx, { ...about(member, principal), action: 'member.updated', details }, clock);
    return membershipOf(row);
  });
}

/**
 * Ends a membership. Its keys are revoked with it: who has left spends nothing any more. Faults as
 * `updateMember`.
 */
export async function removeMember(
  writing: Writing,
  principal: Principal,
  membershipId: string,
): Promise<Membership> {
  refuseIfAny(idIssues('membership', 'membershipId', membershipId));
  const member = memberToWrite(writing, principal, membershipId);
  return end(writing, principal, { member, action: 'member.removed' });
}

/**
 * The person's own leaving. Faults: UNAUTHENTICATED; FORBIDDEN to keys; InvalidInput; NOT_FOUND;
 * CONFLICT for the last owner.
 */
export async function leaveOrganization(
  writing: Writing,
  principal: Principal,
  organizationId: string,
): Promise<Membership> {
  const { userId } = personOf(principal, 'leaves no organization');
  refuseIfAny(idIssues('organization', 'organizationId', organizationId));
  const member = writing.directory.membershipOf(userId, organizationId);
  if (!member)
    throw new Fault('NOT_FOUND', { public: 'You are not a member of such an organization.' });
  return end(writing, principal, { member, action: 'member.left' });
}

async function end(
  writing: Writing,
  principal: Principal,
  { member: { id, organizationId }, action }: { member: Membership; action: string },
): Promise<Membership> {
  const { clock } = writing;
  const now = new Date(clock.now());
  return writeAs(writing, { principal, organizationId }, async (tx) => {
    const member = await memberNow(tx, id);
    if (action === 'member.removed') {
      demandOwnerFor(writing, principal, { organizationId, roles: [member.role] });
    }
    if (member.role === 'OWNER') await keepAnOwner(tx, member);
    await tx.membership.update({ where: { id }, data: { removedAt: now } });
    const revokedKeys = await revokeKeys(tx, member, now);
    tx.change(changeTopic, `membership:${id}`);
    const details = { role: member.role, revokedKeys };
    await record(tx, { ...about(member, principal), action, details }, clock);
    return member;
  });
}

/** The member as the transaction finds them, which holds the organization. */
async function memberNow(tx: Transaction, id: string): Promise<Membership> {
  const row = await tx.membership.findFirst({ where: { id, removedAt: null } });
  if (!row) throw memberNotFound();
  return membershipOf(row);
}

async function revokeKeys(tx: Transaction, { id }: Membership, now: Date): Promise<string[]> {
  const rows = await tx.apiKey.updateManyAndReturn({
    where: { membershipId: id, revokedAt: null },
    data: { revokedAt: now },
    select: { id: true },
  });
  for (const key of rows) tx.change(changeTopic, `key:${key.id}`);
  return rows.map((key) => key.id);
}

/** One whom the principal may not even list is as one who does not exist. */
function memberToWrite(writing: Writing, principal: Principal, id: string): Membership {
  if (principal.kind === 'anonymous') throw credentialNeeded();
  const { access, directory } = writing;
  const member = directory.memberships.get(id);
  const permissions = member && access.permissions(principal, member.organizationId);
  if (!member || !permissions) throw memberNotFound();
  if (permissions.has('MEMBERS_WRITE')) return member;
  const own = principal.kind === 'user' && member.userId === principal.userId;
  if (!own && !permissions.has('MEMBERS_READ')) throw memberNotFound();
  throw permissionNeeded(['MEMBERS_WRITE']);
}

function about({ id, organizationId }: Membership, principal: Principal) {
  return { chain: organizationId, actor: actorOf(principal), subject: id };
}
