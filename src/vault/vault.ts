import { type Clock, Secret } from '#kernel';
import type { Storage, Transaction } from '#storage';
import {
  currentMasterKey,
  makeMasterKey,
  readMasterKeys,
  sealingLock,
  vaultTopic,
  wrappingKeyOf,
} from './master-keys.ts';
import { type Holder, type Rotated, rotate } from './rotation.ts';
import { numberOf, type Sealed, type SealingKey, seal, unreadable, unseal } from './seal.ts';

export interface Vault {
  /**
   * Seals for `place` (such as `provider:<id>`), in the transaction that stores it: what was sealed
   * for one place does not open in another.
   */
  seal(tx: Transaction, secret: Secret, place: string): Promise<Sealed>;
  /** @throws Fault INTERNAL when it does not open here. */
  unseal(sealed: Uint8Array, place: string): Secret;
  /**
   * Seals what the holders keep anew, under a new master key. @throws Fault INTERNAL, with nothing
   * changed, when something does not open.
   */
  rotate(holders: readonly Holder[]): Promise<Rotated>;
}

export interface VaultOptions {
  readonly storage: Pick<Storage, 'prisma' | 'write' | 'changes'>;
  readonly clock: Clock;
  /** 32 bytes, derived from ENCRYPTION_KEY. */
  readonly wrappingKey: Uint8Array;
}

/** Reads the master keys, making the first one where there is none, and follows their rotation. */
export async function openVault({ storage, clock, wrappingKey }: VaultOptions): Promise<Vault> {
  const wrapping = wrappingKeyOf(wrappingKey);
  let keys = new Map<number, SealingKey>();
  const read = async () => {
    const known = await readMasterKeys(storage.prisma, wrapping);
    keys = new Map(known.map((key) => [key.number, key]));
  };
  storage.changes.on(vaultTopic, read);
  await storage.write((tx) => makeFirst(tx, wrapping, clock));
  await read();
  return {
    async seal(tx, secret, place) {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock_shared(${sealingLock})`;
      const current = await currentMasterKey(tx, wrapping);
      return seal(current, Buffer.from(secret.reveal()), place);
    },
    unseal(sealed, place) {
      const key = keys.get(numberOf(sealed) ?? 0);
      if (!key) throw unreadable(place);
      return new Secret(unseal(key, sealed, place).toString('utf8'));
    },
    rotate: (holders) => rotate({ storage, clock, wrapping }, holders),
  };
}

/** Of several nodes that start at once, one makes it. */
async function makeFirst(tx: Transaction, wrapping: SealingKey, clock: Clock): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${sealingLock})`;
  if ((await tx.masterKey.count()) > 0) return;
  await makeMasterKey(tx, { number: 1, wrapping, createdAt: new Date(clock.now()) });
}
