import { type Identity, idIssues, type Principal, refuseIfAny } from '#identity';
import { Fault } from '#kernel';
import type { Prisma, Storage } from '#storage';

interface Asking {
  readonly storage: Pick<Storage, 'prisma'>;
  readonly identity: Pick<Identity, 'demand' | 'permissions'>;
}

/** The key, when the principal may change it. One that they may not list is as one that is not. */
export async function keyToChange(
  { storage, identity }: Asking,
  principal: Principal,
  id: string,
): Promise<Prisma.ProviderKeyModel> {
  refuseIfAny(idIssues('providerKey', 'id', id));
  const row = await storage.prisma.providerKey.findUnique({ where: { id } });
  const permissions = row && identity.permissions(principal, row.organizationId);
  if (!row || !permissions?.has('KEYS_READ')) throw keyNotFound();
  identity.demand(principal, row.organizationId, 'KEYS_WRITE');
  return row;
}

export const keyNotFound = () =>
  new Fault('NOT_FOUND', { public: 'There is no such provider key.' });
