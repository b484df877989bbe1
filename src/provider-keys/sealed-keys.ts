import { Fault, type Secret } from '#kernel';
import type { Prisma, Transaction } from '#storage';
import type { Vault } from '#vault';
import { changeTopic } from './change-topic.ts';

/** What a key is sealed for: its row, in the hands of this organization. */
export const placeOf = ({ id, organizationId }: { id: string; organizationId: string }) =>
  `provider-key:${id}@${organizationId}`;

/** The credential of a row; null for one that does not open. */
export function openedOrNull(
  vault: Pick<Vault, 'unseal'>,
  row: Prisma.ProviderKeyModel,
): Secret | null {
  try {
    return vault.unseal(row.sealed, placeOf(row));
  } catch (thrown) {
    if (thrown instanceof Fault) return null;
    throw thrown;
  }
}

/**
 * Writes all keys anew as `reseal` seals them, in the transaction that is given; tells how many
 * there are.
 */
export async function resealProviderKeys(
  tx: Transaction,
  reseal: (sealed: Uint8Array, place: string) => Uint8Array<ArrayBuffer>,
): Promise<number> {
  const rows = await tx.providerKey.findMany();
  for (const row of rows) {
    const data = { sealed: reseal(row.sealed, placeOf(row)) };
    await tx.providerKey.update({ where: { id: row.id }, data });
    tx.change(changeTopic, row.id);
  }
  return rows.length;
}
