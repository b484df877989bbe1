import type { Transaction } from '#storage';
import { catalogTopic } from './write-plan.ts';

/** What the platform's credential of a provider is sealed for. */
export const placeOfSecret = (providerId: string) => `provider:${providerId}`;

/**
 * Writes the platform's credentials anew as `reseal` seals them, in the transaction that is given;
 * tells how many there are.
 */
export async function resealProviderSecrets(
  tx: Transaction,
  reseal: (sealed: Uint8Array, place: string) => Uint8Array<ArrayBuffer>,
): Promise<number> {
  const rows = await tx.provider.findMany({
    where: { sealedSecret: { not: null } },
    select: { id: true, sealedSecret: true },
  });
  for (const { id, sealedSecret } of rows) {
    if (!sealedSecret) continue;
    const data = { sealedSecret: reseal(sealedSecret, placeOfSecret(id)) };
    await tx.provider.update({ where: { id }, data });
    tx.change(catalogTopic, `provider:${id}`);
  }
  return rows.length;
}
