import { Lookup } from './lookup.ts';
import type { ApiKey, Membership, Organization } from './principal.ts';

/**
 * A key as it is looked up: beside what the room gives out, the hashes of the secrets that open it.
 */
export interface KeyEntry {
  readonly apiKey: ApiKey;
  readonly hash: string;
  /** The replaced secret, and until when it still works. */
  readonly previous: { readonly hash: string; readonly until: Date } | null;
}

/**
 * All organizations, all members and all keys that are not revoked, in memory: admitting a request
 * costs no query. It holds what it is told and reads nothing by itself.
 */
export class Directory {
  /** Named by slug. */
  readonly organizations = new Lookup<Organization>(
    (organization) => organization.id,
    (organization) => [organization.slug],
  );

  readonly memberships = new Lookup<Membership>(
    (membership) => membership.id,
    (membership) => [memberName(membership.userId, membership.organizationId)],
    (membership) => membership.userId,
  );

  /** Named by the hash of the secret, and by that of the replaced one. */
  readonly keys = new Lookup<KeyEntry>(
    (entry) => entry.apiKey.id,
    (entry) => [entry.hash, ...(entry.previous ? [entry.previous.hash] : [])],
  );

  /** The person's memberships, in whatever order. */
  membershipsOf(userId: string): Iterable<Membership> {
    return this.memberships.grouped(userId);
  }

  /** Undefined for who is no member, or no longer. */
  membershipOf(userId: string, organizationId: string): Membership | undefined {
    return this.memberships.named(memberName(userId, organizationId));
  }
}

const memberName = (userId: string, organizationId: string) => `${userId} ${organizationId}`;
