import { randomBytes } from 'node:crypto';
import { invariant } from '#kernel';
import type { Storage, Transaction } from '#storage';
import { type SealingKey, seal, unseal } from './seal.ts';

/** The subject is always `*`: there are few of them, and they are read together. */
export const vaultTopic = 'vault';

/** The ASCII codes of "vault": whoever seals holds this lock with others, a rotation alone. */
export const sealingLock = 0x7661756c74n;

/** The key that master keys are sealed under; its number is 0, which no master key has. */
export const wrappingKeyOf = (bytes: Uint8Array): SealingKey => ({ number: 0, bytes });

type Reader = Pick<Storage['prisma'] | Transaction, 'masterKey'>;

/** All of them, by number. @throws Fault INTERNAL with another ENCRYPTION_KEY. */
export async function readMasterKeys(
  reader: Reader,
  wrapping: SealingKey,
): Promise<readonly SealingKey[]> {
  const rows = await reader.masterKey.findMany({ orderBy: { number: 'asc' } });
  return rows.map(({ number, sealed }) => ({
    number,
    bytes: unseal(wrapping, sealed, placeOf(number)),
  }));
}

/** The one that seals at present, read in the transaction that seals. */
export async function currentMasterKey(tx: Transaction, wrapping: SealingKey): Promise<SealingKey> {
  const keys = await readMasterKeys(tx, wrapping);
  const current = keys.at(-1);
  invariant(current, 'there is a master key from the first start on');
  return current;
}

/** A new one, of which nothing outside of the transaction knows before it commits. */
export async function makeMasterKey(
  tx: Transaction,
  { number, wrapping, createdAt }: { number: number; wrapping: SealingKey; createdAt: Date },
): Promise<SealingKey> {
  const bytes = randomBytes(32);
  const sealed = seal(wrapping, bytes, placeOf(number));
  await tx.masterKey.create({ data: { number, sealed, createdAt } });
  tx.change(vaultTopic, '*');
  return { number, bytes };
}

const placeOf = (number: number) => `master-key:${number}`;
