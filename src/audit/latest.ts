import type { Storage } from '#storage';
import type { AuditDetails } from './canonical.ts';

/** What the newest event of this action in the chain says; null when there is none. */
export async function latestDetails(
  storage: Storage,
  chain: string,
  action: string,
): Promise<AuditDetails | null> {
  const event = await storage.prisma.auditEvent.findFirst({
    where: { chain, action },
    orderBy: { number: 'desc' },
    select: { details: true },
  });
  return (event?.details ?? null) as AuditDetails | null;
}
