import { z } from 'zod';
import { membershipsSeenBy, type Organization, type Permission, type Principal } from '#identity';
import { Fault, InvalidInput } from '#kernel';
import type { Rooms } from '#schema';

export interface Demand {
  readonly principal: Principal;
  readonly url: URL;
  readonly anyOf: readonly Permission[];
  /** What an INFERENCE key, which manages nothing, is told to do instead. */
  readonly instead: string;
}

/** How a query names the organization. */
export const organizationQuery = {
  organization: z.string().optional(),
  workspace_id: z.string().optional(),
};

/**
 * The organization that a request without a place for its name is about: the one that
 * `?organization=` names (`?workspace_id=` in the words of other services), else the key's own, or
 * a person's only one. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, InvalidInput when it has to
 * be named.
 */
export async function organizationOf(rooms: Rooms, demand: Demand): Promise<Organization> {
  const { principal, url, anyOf, instead } = demand;
  if (principal.kind === 'apiKey' && principal.apiKey.kind === 'INFERENCE') {
    const sentence = `This takes a MANAGEMENT key or a person. ${instead}`;
    throw new Fault('FORBIDDEN', { public: sentence });
  }
  const { searchParams } = url;
  const named = searchParams.get('organization') ?? searchParams.get('workspace_id');
  const id = named ?? (await onlyOne(principal, rooms));
  return rooms.identity.demand(principal, id ?? '', ...anyOf);
}

async function onlyOne(principal: Principal, { storage }: Rooms): Promise<string | null> {
  if (principal.kind === 'apiKey') return principal.organization.id;
  if (principal.kind !== 'user') return null;
  const mine = await storage.prisma.membership.findMany({
    where: { AND: [membershipsSeenBy(principal), { userId: principal.userId }] },
    select: { organizationId: true },
    take: 2,
  });
  const [first, second] = mine;
  if (first && !second) return first.organizationId;
  throw InvalidInput.at('organization', 'It is not clear which is meant.', 'an id or a slug');
}
