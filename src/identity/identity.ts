import type { Clock, Log, Secret } from '#kernel';
import type { Storage, Transaction } from '#storage';
import { Access } from './access/access.ts';
import { Authentication, type EndedCredential } from './access/authentication.ts';
import { Directory } from './access/directory.ts';
import { LimitChanges, type SpendLimit } from './access/limit-changes.ts';
import type { Permission, Permissions } from './access/permissions.ts';
import type { Organization, Payer, Principal, Role, UserPrincipal } from './access/principal.ts';
import { type Acts, openActs } from './acts.ts';
import type { Cipher } from './cipher.ts';
import { administratorId } from './first-start.ts';
import { follow } from './follow.ts';
import { type KeyCounts, slowed } from './keys/key-guesses.ts';
import { LastUse } from './keys/last-use.ts';
import { Departures } from './organizations/departures.ts';
import { type Acting, writeAs } from './write-as.ts';
import type { AnnounceRevocation, OpenAccount, Writing } from './writing.ts';

export interface IdentityOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Log;
  readonly cipher: Cipher;
  readonly adminKey: Secret;
  readonly openAccount: OpenAccount;
  readonly announceRevocation: AnnounceRevocation;
  readonly guesses: KeyCounts;
}

/**
 * The door of the room. Everything but the acts answers from memory. A principal may be
 * kept as long as its socket: each of these looks at it as it stands now and throws UNAUTHENTICATED
 * once its key is no longer valid.
 */
export interface Identity extends Acts {
  /** `Authentication.authenticate`, of the bare credential: without the word Bearer. */
  authenticate(credential: string | undefined, connection?: object): Principal;
  /** `Authentication.current` */
  current(principal: Principal): Principal;
  /** `Access.payer` */
  payer(principal: Principal, organizationId?: string | null): Payer;
  /** `Access.permissions` */
  permissions(principal: Principal, organizationId: string): Permissions | null;
  /** `Access.role` */
  role(principal: Principal, organizationId: string): Role | null;
  /** `Access.listsMember` */
  listsMember(principal: Principal, userId: string): boolean;
  /** `Access.demand` */
  demand(principal: Principal, organizationId: string, ...anyOf: Permission[]): Organization;
  /** `Access.visibleOrganization` */
  visibleOrganization(principal: Principal, slugOrId: string): Organization | null;
  /** `writeAs` */
  writeAs<Result>(acting: Acting, act: (tx: Transaction) => Promise<Result>): Promise<Result>;
  /** When this node last saw a key used, before it is written; undefined when it did not. */
  lastUsed(apiKeyId: string): Date | undefined;
  /** `Authentication.deny` */
  deny(apiKeyId: string): void;
  /** `Authentication.onRevoked` */
  onRevoked(listener: (ended: EndedCredential) => void): () => void;
  /** `Departures.onLeft` */
  onLeft(listener: (membershipId: string) => void): () => void;
  /** `LimitChanges.onLimit` */
  onLimit(listener: (limit: SpendLimit) => void): () => void;
  /** Writes what is pending. */
  close(): Promise<void>;
}

/** Reads all organizations, members and keys, and follows their changes. */
export async function openIdentity(options: IdentityOptions): Promise<Identity> {
  const { storage, clock, log, cipher, openAccount } = options;
  const directory = new Directory();
  const access = new Access(directory);
  const lastUse = new LastUse({ query: (sql, values) => storage.query(sql, values), clock, log });
  const authentication = new Authentication({
    directory,
    keyedHash: cipher.keyedHash,
    administrator: {
      keyHash: cipher.keyedHash(options.adminKey.reveal()),
      principal: administrator,
    },
    clock,
    log,
    used: (apiKeyId) => lastUse.note(apiKeyId),
  });
  const departures = new Departures(directory, log);
  const limitChanges = new LimitChanges(directory, log);
  await follow(storage, directory, ({ keys, members }) => {
    authentication.keysChanged(keys);
    departures.membersChanged(members);
    limitChanges.keysChanged(keys);
    limitChanges.membersChanged(members);
  });
  const current = (principal: Principal) => authentication.current(principal);
  const writing: Writing = {
    storage,
    clock,
    directory,
    access,
    cipher,
    openAccount,
    announceRevocation(apiKeyId) {
      authentication.deny(apiKeyId);
      options.announceRevocation(apiKeyId);
    },
  };
  return {
    authenticate: slowed(
      (credential, connection) => authentication.authenticate(credential, connection),
      options.guesses,
      log,
    ),
    current,
    payer: (principal, organizationId) => access.payer(current(principal), organizationId),
    permissions: (principal, organizationId) =>
      access.permissions(current(principal), organizationId),
    role: (principal, organizationId) => access.role(current(principal), organizationId),
    listsMember: (principal, userId) => access.listsMember(current(principal), userId),
    demand: (principal, organizationId, ...anyOf) =>
      access.demand(current(principal), organizationId, ...anyOf),
    visibleOrganization: (principal, slugOrId) =>
      access.visibleOrganization(current(principal), slugOrId),
    ...openActs(writing, current),
    writeAs: (acting, act) => writeAs(writing, acting, act),
    lastUsed: (apiKeyId) => lastUse.noted(apiKeyId),
    deny: (apiKeyId) => authentication.deny(apiKeyId),
    onRevoked: (listener) => authentication.onRevoked(listener),
    onLeft: (listener) => departures.onLeft(listener),
    onLimit: (listener) => limitChanges.onLimit(listener),
    async close() {
      authentication.close();
      await lastUse.close();
    },
  };
}

const administrator: UserPrincipal = {
  kind: 'user',
  userId: administratorId,
  platformAdmin: true,
};
