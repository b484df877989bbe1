import { record } from '#audit';
import { Fault } from '#kernel';
import type { Transaction } from '#storage';
import { credentialNeeded } from './access.ts';
import { actorOf, personOf } from './actor.ts';
import { changeTopic } from './follow.ts';
import { clearedIssues, idIssues, limitIssues, limitOf, refuseIfAny } from './input-issues.ts';
import { demandOwnerFor, keepAnOwner } from './owners.ts';
import type { Membership, Principal, Role } from './principal.ts';
import { membershipOf } from './rows.ts';
import type { Writing } from './writing.ts';

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
  const { storage, clock } = writing;
  const { membershipId, role, monthlyBudget } = input;
  refuseIfAny([
    ...idIssues('membership', 'input.membershipId', membershipId),
    ...clearedIssues('input.role', role),
    ...limitIssues('input.monthlyBudget', monthlyBudget, -1n),
  ]);
  const member = memberToWrite(writing, principal, membershipId);
  const roles = role ? [member.role, role] : [member.role];
  demandOwnerFor(writing, principal, { ...member, roles });
  const data = {
    ...(role ? { role } : {}),
    ...(monthlyBudget === undefined ? {} : { monthlyBudget: limitOf(monthlyBudget) }),
  };
  return storage.write(async (tx) => {
    if (member.role === 'OWNER' && role && role !== 'OWNER') await keepAnOwner(tx, member);
    const where = { id: member.id, removedAt: null };
    const [row] = await tx.membership.updateManyAndReturn({ where, data });
    if (!row) throw memberNotFound();
    tx.change(changeTopic, `membership:${member.id}`);
    const budget = row.monthlyBudget?.toString() ?? null;
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
  demandOwnerFor(writing, principal, { ...member, roles: [member.role] });
  await end(writing, member, { ...about(member, principal), action: 'member.removed' });
  return member;
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
  if (!member) throw new Fault('NOT_FOUND', { public: 'You are in no such organization.' });
  await end(writing, member, { ...about(member, principal), action: 'member.left' });
  return member;
}

async function end(
  { storage, clock }: Writing,
  member: Membership,
  event: ReturnType<typeof about> & { readonly action: string },
): Promise<void> {
  const now = new Date(clock.now());
  await storage.write(async (tx) => {
    if (member.role === 'OWNER') await keepAnOwner(tx, member);
    const where = { id: member.id, removedAt: null };
    const { count } = await tx.membership.updateMany({ where, data: { removedAt: now } });
    if (count === 0) throw memberNotFound();
    const keys = await revokeKeys(tx, member, now);
    tx.change(changeTopic, `membership:${member.id}`);
    await record(tx, { ...event, details: { role: member.role, revokedKeys: keys } }, clock);
  });
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
  throw new Fault('FORBIDDEN', { public: 'This needs the permission MEMBERS_WRITE.' });
}

function about({ id, organizationId }: Membership, principal: Principal) {
  return { chain: organizationId, actor: actorOf(principal), subject: id };
}

const memberNotFound = () => new Fault('NOT_FOUND', { public: 'There is no such member.' });
