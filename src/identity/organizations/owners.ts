import { Fault } from '#kernel';
import type { Transaction } from '#storage';
import { credentialNeeded } from '../access/access.ts';
import type { Membership, Principal, Role } from '../access/principal.ts';
import type { Writing } from '../writing.ts';

/**
 * What is about owners is for owners, and for the platform administrator: whoever else may write
 * members makes none, changes none and removes none.
 */
export function demandOwnerFor(
  { directory }: Pick<Writing, 'directory'>,
  principal: Principal,
  touched: { readonly organizationId: string; readonly roles: readonly Role[] },
): void {
  if (!touched.roles.includes('OWNER')) return;
  if (principal.kind === 'anonymous') throw credentialNeeded();
  if (principal.kind === 'user') {
    if (principal.platformAdmin) return;
    const own = directory.membershipOf(principal.userId, touched.organizationId);
    if (own?.role === 'OWNER') return;
  }
  throw new Fault('FORBIDDEN', { public: 'Only an owner makes, changes or removes owners.' });
}

/**
 * Refuses to leave the organization without an owner (CONFLICT). To be asked in the transaction
 * that takes this one away, before it does, with the organization held (`writeAs`): two owners who
 * leave at once leave one after the other, and the second is refused.
 */
export async function keepAnOwner(tx: Transaction, leaving: Membership): Promise<void> {
  const { id, organizationId } = leaving;
  const others = { organizationId, role: 'OWNER' as const, removedAt: null, id: { not: id } };
  if ((await tx.membership.count({ where: others })) > 0) return;
  throw new Fault('CONFLICT', {
    public: 'This is the last owner. Make another member an owner first.',
  });
}
