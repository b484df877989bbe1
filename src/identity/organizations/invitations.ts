import { record } from '#audit';
import { base62Digits, dayMs, Fault, newId, Secret, secureText } from '#kernel';
import type { Prisma, Transaction } from '#storage';
import { credentialNeeded } from '../access/access.ts';
import { actorOf } from '../access/actor.ts';
import type { Organization, Principal, Role } from '../access/principal.ts';
import { idIssues, refuseIfAny } from '../input-issues.ts';
import { emailIssues } from '../people/email-check.ts';
import { writeAs } from '../write-as.ts';
import type { Writing } from '../writing.ts';
import { demandOwnerFor } from './owners.ts';

/** The contract's InviteMemberInput. */
export interface InviteMemberInput {
  readonly organizationId: string;
  readonly email: string;
  readonly role: Role;
}

export interface Invited {
  readonly invitationId: string;
  readonly organization: Organization;
  /** Shown this once: only its keyed hash is kept. */
  readonly token: Secret;
}

const lifeMs = 7 * dayMs;

/**
 * Invites an address for seven days. An invitation that the address had to this organization is
 * replaced. Faults: UNAUTHENTICATED; FORBIDDEN, also for role OWNER when the caller is none;
 * InvalidInput; NOT_FOUND; CONFLICT when a member has the address.
 */
export async function inviteMember(
  writing: Writing,
  principal: Principal,
  input: InviteMemberInput,
): Promise<Invited> {
  const { clock, cipher, access } = writing;
  const email = input.email.trim().toLowerCase();
  const { organizationId, role } = input;
  refuseIfAny([
    ...idIssues('organization', 'input.organizationId', organizationId),
    ...emailIssues('input.email', email),
  ]);
  const organization = access.demand(principal, organizationId, 'MEMBERS_WRITE');
  demandOwnerFor(writing, principal, { organizationId, roles: [role] });
  const token = new Secret(`bourse-invitation-${secureText(43, base62Digits)}`);
  const row = {
    id: newId('invitation', clock),
    organizationId,
    email,
    role,
    hash: cipher.keyedHash(token.reveal()),
    invitedBy: actorOf(principal),
    createdAt: new Date(clock.now()),
    expiresAt: new Date(clock.now() + lifeMs),
  };
  await writeAs(writing, { principal, organizationId }, async (tx) => {
    await replaceOpen(tx, row);
    const event = { ...about(row, principal), action: 'member.invited', details: { email, role } };
    await record(tx, event, clock);
  });
  return { invitationId: row.id, organization, token };
}

async function replaceOpen(tx: Transaction, row: Prisma.InvitationCreateManyInput): Promise<void> {
  const { organizationId, email, createdAt } = row;
  const member = { organizationId, removedAt: null, user: { email } };
  if ((await tx.membership.count({ where: member })) > 0) {
    throw new Fault('CONFLICT', { public: 'A member has this address already.' });
  }
  const open = { organizationId, email, acceptedAt: null, revokedAt: null };
  await tx.invitation.updateMany({ where: open, data: { revokedAt: createdAt } });
  await tx.invitation.create({ data: { ...row } });
}

/**
 * Takes an invitation back: its token opens nothing any more. Faults: UNAUTHENTICATED, FORBIDDEN,
 * InvalidInput, NOT_FOUND; CONFLICT when it was accepted.
 */
export async function revokeInvitation(
  writing: Writing,
  principal: Principal,
  id: string,
): Promise<{ readonly id: string; readonly organizationId: string }> {
  const { storage, clock } = writing;
  refuseIfAny(idIssues('invitation', 'id', id));
  const found = await invitationToWrite(writing, principal, id);
  demandOwnerFor(writing, principal, { ...found, roles: [found.role] });
  await storage.write(async (tx) => {
    const { count } = await tx.invitation.updateMany({
      where: { id, acceptedAt: null, revokedAt: null },
      data: { revokedAt: new Date(clock.now()) },
    });
    if (count === 0) await refuseAccepted(tx, id);
    else await record(tx, { ...about(found, principal), action: 'invitation.revoked' }, clock);
  });
  return found;
}

async function refuseAccepted(tx: Transaction, id: string): Promise<void> {
  const accepted = await tx.invitation.count({ where: { id, acceptedAt: { not: null } } });
  if (accepted === 0) return; // revoked before: the same answer
  throw new Fault('CONFLICT', { public: 'It was accepted. Remove the member instead.' });
}

async function invitationToWrite(writing: Writing, principal: Principal, id: string) {
  if (principal.kind === 'anonymous') throw credentialNeeded();
  const found = await writing.storage.prisma.invitation.findUnique({ where: { id } });
  const permissions = found && writing.access.permissions(principal, found.organizationId);
  if (found && permissions?.has('MEMBERS_WRITE')) return found;
  throw new Fault('NOT_FOUND', { public: 'There is no such invitation.' });
}

function about({ id, organizationId }: Named, principal: Principal) {
  return { chain: organizationId, actor: actorOf(principal), subject: id };
}

interface Named {
  readonly id: string;
  readonly organizationId: string;
}
