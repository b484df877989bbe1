import { type AnnounceRevocation, firstStart, type Identity, openIdentity } from '#identity';
import { derivedId, Secret, silentLog } from '#kernel';
import type { Storage, Transaction } from '#storage';
import type { VirtualClock } from '../harness/virtual-clock.ts';
import { cipher } from './people.ts';

export const adminKey = new Secret('the-admin-key-of-this');

/** What credits does for identity, in as few rows as it takes. */
export async function openAccount(tx: Transaction, organizationId: string): Promise<void> {
  const id = derivedId('creditAccount', organizationId);
  await tx.creditAccount.create({ data: { id, kind: 'ORGANIZATION', organizationId } });
}

export const begin = (storage: Storage, clock: VirtualClock, demoKey: Secret | null = null) =>
  firstStart({ storage, clock, cipher, demoKey, openAccount, grantDemoCredits: async () => {} });

export const openNode = (
  storage: Storage,
  clock: VirtualClock,
  announceRevocation: AnnounceRevocation = () => {},
): Promise<Identity> =>
  openIdentity({
    storage,
    clock,
    log: silentLog,
    cipher,
    adminKey,
    openAccount,
    announceRevocation,
  });
