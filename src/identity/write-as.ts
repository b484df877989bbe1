import { Fault } from '#kernel';
import type { Transaction } from '#storage';
import { organizationNotFound } from './access.ts';
import { unauthenticated } from './authentication.ts';
import type { Principal } from './principal.ts';
import type { Writing } from './writing.ts';

export interface Acting {
  readonly principal: Principal;
  readonly organizationId: string;
  /** Who belongs to the organization, or the organization itself, is about to be another. */
  readonly alone?: boolean;
}

/**
 * A transaction of somebody who may act in an organization, as memory has it. Memory may be a
 * moment old, so it is looked at again here: the organization's row is held until the commit, with
 * others who act or, where it says who belongs to it, alone. Whoever is removed at the same moment
 * is removed before, and makes nothing any more; or after, together with what they have made.
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

/** Neither keeps a completion from being posted, whose row refers to the organization's key. */
async function hold(tx: Transaction, { organizationId, alone = false }: Acting): Promise<void> {
  if (alone) {
    await tx.$queryRaw`SELECT id FROM organization WHERE id = ${organizationId} FOR NO KEY UPDATE`;
  } else {
    await tx.$queryRaw`SELECT id FROM organization WHERE id = ${organizationId} FOR SHARE`;
  }
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
  throw new Fault('CONFLICT', { public: 'Your role has just become another. Try again.' });
}
