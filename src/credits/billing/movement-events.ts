import { type AuditDetails, platformChain, record } from '#audit';
import type { Clock } from '#kernel';
import type { Storage } from '#storage';

/** Money that was moved by hand or by a payment, as the audit log tells of it. */
export interface MovementEvent {
  readonly organizationId: string;
  /** Null: the platform by itself. */
  readonly actor: string | null;
  readonly action: string;
  /** What was moved: an entry of the ledger, or a purchase. */
  readonly subject: string;
  readonly details: AuditDetails;
}

interface Surroundings {
  readonly storage: Pick<Storage, 'write'>;
  readonly clock: Clock;
}

/**
 * Tells the audit log of a movement, once. A movement is one statement in autocommit, so its event
 * follows in a transaction of its own, and the answer waits for it: whoever got none repeats what
 * they asked, under the same key, and the event is written then.
 */
export async function tellMovement(
  { storage, clock }: Surroundings,
  { organizationId: chain, actor, ...event }: MovementEvent,
): Promise<void> {
  const { subject, action, details } = event;
  await storage.write(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${subject}, 0))`;
    const same = { chain, subject, action, details: { equals: details } };
    if ((await tx.auditEvent.count({ where: same })) > 0) return;
    await record(tx, { chain, actor: actor ?? platformChain, ...event }, clock);
  });
}
