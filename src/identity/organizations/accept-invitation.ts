import { record } from '#audit';
import { Fault, newId } from '#kernel';
import type { Prisma, Transaction } from '#storage';
import { personOf } from '../access/actor.ts';
import type { Membership, Principal } from '../access/principal.ts';
import { changeTopic } from '../follow.ts';
import { membershipOf } from '../rows.ts';
import type { Writing } from '../writing.ts';

/** No token of ours is longer; a longer text is not even hashed. */
const tokenMax = 256;

/**
 * Makes the signed-in person a member, when the invitation was sent to their address and is still
 * open. Faults: UNAUTHENTICATED; FORBIDDEN to keys; NOT_FOUND in one sentence whatever the reason,
 * so that a token that was found tells its finder nothing; CONFLICT for who is a member.
 */
export async function acceptInvitation(
  writing: Writing,
  principal: Principal,
  token: string,
): Promise<Membership> {
  const { storage, clock, cipher } = writing;
  const { userId } = personOf(principal, 'accepts no invitations');
  if (token.length > tokenMax) throw noInvitation();
  const hash = cipher.keyedHash(token);
  return storage.write(async (tx) => {
    const now = new Date(clock.now());
    const person = await tx.user.findUnique({ where: { id: userId }, select: { email: true } });
    const open = { hash, acceptedAt: null, revokedAt: null, expiresAt: { gt: now } };
    const [invitation] = await tx.invitation.updateManyAndReturn({
      where: { ...open, email: person?.email ?? '' },
      data: { acceptedAt: now },
    });
    if (!invitation) throw noInvitation();
    const joined = await join(tx, { invitation, userId, now, id: newId('membership', clock) });
    tx.change(changeTopic, `membership:${joined.id}`);
    const { organizationId: chain, role } = invitation;
    const details = { role, invitation: invitation.id };
    const event = { chain, actor: userId, action: 'member.joined', subject: joined.id, details };
    await record(tx, event, clock);
    return joined;
  });
}

/** Who was a member before is the same member again, with nothing left of the time before. */
async function join(
  tx: Transaction,
  {
    invitation: { organizationId, role },
    userId,
    now,
    id,
  }: { invitation: Prisma.InvitationModel; userId: string; now: Date; id: string },
): Promise<Membership> {
  const where = { organizationId, userId };
  const anew = { role, monthlyBudget: null, joinedAt: now, removedAt: null };
  const [again] = await tx.membership.updateManyAndReturn({
    where: { ...where, removedAt: { not: null } },
    data: anew,
  });
  if (again) return membershipOf(again);
  if ((await tx.membership.count({ where })) > 0) {
    throw new Fault('CONFLICT', { public: 'You are a member already.' });
  }
  return membershipOf(await tx.membership.create({ data: { id, ...where, ...anew } }));
}

const noInvitation = () =>
  new Fault('NOT_FOUND', {
    public: 'There is no open invitation with this token for your address. Ask for a new one.',
  });
