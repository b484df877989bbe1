import { platformChain, record } from '#audit';
import type { Clock } from '#kernel';
import type { Storage, Transaction } from '#storage';
import { makeMasterKey, readMasterKeys, sealingLock } from './master-keys.ts';
import { numberOf, type Sealed, type SealingKey, seal, unreadable, unseal } from './seal.ts';

/** Opens what is sealed for a place and seals it for the same one under the new master key. */
export type Reseal = (sealed: Uint8Array, place: string) => Sealed;

/**
 * Whoever keeps sealed credentials: writes each of them anew and tells how many there are, in the
 * transaction that it is given.
 */
export type Holder = (tx: Transaction, reseal: Reseal) => Promise<number>;

export interface Rotated {
  /** Of the new master key. */
  readonly number: number;
  /** How many credentials were sealed anew. */
  readonly resealed: number;
}

interface Surroundings {
  readonly storage: Pick<Storage, 'write'>;
  readonly clock: Clock;
  readonly wrapping: SealingKey;
}

/** Thousands of credentials are sealed anew in it. */
const rotationTimeoutMs = 120_000;

/**
 * One transaction, alone with the lock that every sealing shares: whoever seals afterwards reads
 * the new key, whoever sealed before is resealed. Its change comes first, so that a node knows the
 * new key before it reads what is sealed under it.
 */
export function rotate(
  { storage, clock, wrapping }: Surroundings,
  holders: readonly Holder[],
): Promise<Rotated> {
  return storage.write(
    async (tx) => {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(${sealingLock})`;
      const former = await readMasterKeys(tx, wrapping);
      const number = Math.max(0, ...former.map((key) => key.number)) + 1;
      const next = await makeMasterKey(tx, { number, wrapping, createdAt: new Date(clock.now()) });
      const resealed = await resealAll(tx, holders, resealing(former, next));
      await tx.masterKey.deleteMany({ where: { number: { lt: number } } });
      const [chain, actor, subject] = [platformChain, platformChain, platformChain];
      const details = { number, resealed };
      await record(tx, { chain, actor, action: 'masterKey.rotated', subject, details }, clock);
      return { number, resealed };
    },
    { timeoutMs: rotationTimeoutMs },
  );
}

const resealing = (former: readonly SealingKey[], next: SealingKey): Reseal => {
  const keys = new Map(former.map((key) => [key.number, key]));
  return (sealed, place) => {
    const key = keys.get(numberOf(sealed) ?? 0);
    if (!key) throw unreadable(place);
    return seal(next, unseal(key, sealed, place), place);
  };
};

async function resealAll(
  tx: Transaction,
  holders: readonly Holder[],
  reseal: Reseal,
): Promise<number> {
  let resealed = 0;
  for (const holder of holders) resealed += await holder(tx, reseal);
  return resealed;
}
