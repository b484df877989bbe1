import { Fault } from '#kernel';
import type { Transaction } from '#storage';
import { organizationNotFound } from './access/access.ts';
import { unauthenticated } from './access/authentication.ts';
import type { Principal } from './access/principal.ts';
import type { Writing } from './writing.ts';

export interface Acting {
  readonly principal: Principal;
  readonly organizationId: string;
}

/**
 * A transaction of somebody who may act in an organization, as memory has it. Memory may be a
 * moment old, so it is looked at again here, behind the organization's row, which is held until the
 * commit: who acts there acts one after the other, as the audit has it anyway. Whoever is removed
 * at the same moment is removed before, and makes nothing any more; or after, together with what
 * they have made. Held by several together, the row would never be free for whoever removes one who
 * does not stop to act.
 *
 * Faults: NOT_FOUND for who has just left, UNAUTHENTICATED for a key that has just ended, CONFLICT
 * for a role that has just become another.
 */
export function writeAs<Result>(
  writing: Pick<Writing, 'storage' | 'directory'>,
  acting: Acting,
  act: (tx: Transaction) => Promise<Result>,
): Promise<Result> {
  return writing.storage.write(async (tx) => {
    await hold(tx, acting);
    await demandStill(tx, writing, acting);
    return act(tx);
  });
}

/** A completion is posted meanwhile: it refers to the organization's key alone. */
async function hold(tx: Transaction, { organizationId }: Acting): Promise<void> {
  await tx.$queryRaw`SELECT id FROM organization WHERE id = ${organizationId} FOR NO KEY UPDATE`;
}

async function demandStill(
  tx: Transaction,
  { directory }: Pick<Writing, 'directory'>,
  { principal, organizationId }: Acting,
): Promise<void> {
  if (principal.kind === 'anonymous') throw unauthenticated();
  if (principal.kind === 'apiKey') {
    const { apiKey, secretHash: hash } = principal;
    const secret = { OR: [{ hash }, { previousHash: hash }] };
    const where = { id: apiKey.id, revokedAt: null, disabled: false, ...secret };
    if ((await tx.apiKey.count({ where })) === 0) throw unauthenticated();
    return;
  }
  const { userId, platformAdmin } = principal;
  if (platformAdmin) return;
  const where = { organizationId, userId, removedAt: null };
  const membership = await tx.membership.findFirst({ where, select: { role: true } });
  if (!membership) throw organizationNotFound();
  if (membership.role === directory.membershipOf(userId, organizationId)?.role) return;
  throw new Fault('CONFLICT', { public: 'Your role has just changed. Try again.' });
}
