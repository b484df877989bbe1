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
    guesses: { waiting: () => null, take: async () => null },
  });

/**
 * The same database as another node has it: nothing of what is written here reaches it until it
 * hears of it.
 */
export function elsewhere(storage: Storage): { storage: Storage; hear(): Promise<void> } {
  const applying = new Map<string, (subjects: readonly string[]) => Promise<void>>();
  let heard = 0n;
  const changes = Object.create(storage.changes, {
    on: { value: (topic: string, apply: () => Promise<void>) => void applying.set(topic, apply) },
  });
  const hear = async () => {
    const where = { number: { gt: heard } };
    const rows = await storage.prisma.change.findMany({ where, orderBy: { number: 'asc' } });
    for (const { number, topic, subject } of rows) {
      await applying.get(topic)?.([subject]);
      heard = number;
    }
  };
  return { storage: Object.create(storage, { changes: { value: changes } }), hear };
}
