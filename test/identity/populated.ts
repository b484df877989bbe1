import { afterAll, beforeAll } from 'vitest';
import type { Identity, Principal, Role } from '#identity';
import { Fault, newId } from '#kernel';
import type { Storage } from '#storage';
import { type DatabaseKind, freshDatabase } from '../harness/databases.ts';
import { type VirtualClock, virtualClock } from '../harness/virtual-clock.ts';
import { adminKey, begin, openNode } from './node.ts';

/** A database with a node on it, and builders of people that do the real thing. */
export interface Populated {
  readonly clock: VirtualClock;
  storage: Storage;
  identity: Identity;
  administrator: Principal;
  person(email?: string): Promise<Principal & { kind: 'user' }>;
  owner(name: string): Promise<{ principal: Principal; organizationId: string; id: string }>;
  member(organizationId: string, role: Role): Promise<Member>;
}

export interface Member {
  readonly id: string;
  readonly email: string;
  readonly principal: Principal & { kind: 'user' };
}

/** To be called where a suite begins; it is there from the first test to the last. */
export function populated(kind: DatabaseKind): Populated {
  const clock = virtualClock(Date.parse('2026-11-23T10:00:00Z'));
  let count = 0;
  const town = {
    clock,
    async person(email = `person-${++count}@example.com`) {
      const id = newId('user', clock);
      await town.storage.prisma.user.create({ data: { id, name: '', email } });
      return { kind: 'user', userId: id, platformAdmin: false } as const;
    },
    async owner(name: string) {
      const principal = await town.person();
      const { id: organizationId } = await town.identity.createOrganization(principal, { name });
      const { userId } = principal;
      const row = await town.storage.prisma.membership.findFirstOrThrow({
        where: { userId, organizationId },
      });
      return { principal, organizationId, id: row.id };
    },
    async member(organizationId: string, role: Role) {
      const email = `member-${++count}@example.com`;
      const principal = await town.person(email);
      const asked = { organizationId, email, role };
      const { token } = await town.identity.inviteMember(town.administrator, asked);
      const { id } = await town.identity.acceptInvitation(principal, token.reveal());
      return { id, email, principal };
    },
  } as Populated; // the database is there once it has begun
  beforeAll(async () => {
    town.storage = await freshDatabase(kind);
    await begin(town.storage, clock);
    town.identity = await openNode(town.storage, clock);
    town.administrator = town.identity.authenticate(adminKey.reveal());
  }, 120_000);
  afterAll(async () => {
    await town.identity.close();
    await town.storage.close();
  });
  return town;
}

/** `ok`, or the code of the refusal. */
export const codeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'ok',
    (error) => {
      if (error instanceof Fault) return error.code;
      throw error;
    },
  );
