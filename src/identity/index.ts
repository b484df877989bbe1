/**
 * identity: people, organizations, members, API keys, and the platform's own secrets. Owns the
 * tables `user`, `auth_*`, `organization`, `membership`, `invitation`, `api_key` and
 * `routing_policy`, and the two key files in DATA_DIR. It refuses to know money: accounts are
 * opened and credits granted by functions that it is given.
 *
 * 1. Who a credential is, what it may do and who pays is decided from memory, without a query.
 * 2. No secret is stored or shown twice: of a key its keyed hash and its hint are kept.
 * 3. A key that is revoked is refused on this node before `revokeApiKey` resolves, and on every
 *    other node once it learns of the change; whoever runs something for it is told once
 *    (`onRevoked`). The same holds for a replaced secret.
 * 4. What belongs to another tenant answers exactly like what does not exist.
 * 5. Every change is in the audit, in the same transaction.
 * 6. A sign-up, a sign-in and a letter answer alike whether the address has an account or not.
 * 7. The first start happens once for a database, however many nodes begin at once.
 * 8. Whoever acts in an organization still belongs to it when the act commits (`writeAs`). Every
 *    node that learns that a member has left tells what runs for them (`onLeft`); one that learns
 *    of a changed limit tells whoever counts by it (`onLimit`).
 *
 * `access/` decides from memory; `keys/`, `people/` and `organizations/` are what it decides about.
 */
export { credentialNeeded } from './access/access.ts';
export { actorOf } from './access/actor.ts';
export { type EndedCredential, unauthenticated } from './access/authentication.ts';
export {
  allPermissions,
  type Permission,
  type Permissions,
  permissionNeeded,
  rolesWith,
} from './access/permissions.ts';
export {
  type ApiKey,
  anonymous,
  type Membership,
  type Organization,
  openPolicy,
  type Payer,
  type Principal,
  type Role,
  type RoutingPolicy,
} from './access/principal.ts';
export {
  apiKeysSeenBy,
  completionsSeenBy,
  invitationsSeenBy,
  membershipsSeenBy,
  organizationsSeenBy,
  usersSeenBy,
} from './access/seen-by.ts';
export type { Cipher } from './cipher.ts';
export {
  administratorId,
  checkEncryptionKey,
  demoOrganizationId,
  firstStart,
} from './first-start.ts';
export { type Identity, openIdentity } from './identity.ts';
export { clearedIssues, idIssues, refuseIfAny } from './input-issues.ts';
export type { CreatedApiKey } from './keys/api-keys.ts';
export type { CreateApiKeyInput } from './keys/new-key-input.ts';
export type { Invited } from './organizations/invitations.ts';
export { nameIssues } from './organizations/name-check.ts';
export { openMail } from './people/mail.ts';
export { openPeople, type People } from './people/people.ts';
export { addressHeader, type Site } from './people/people-options.ts';
export { apiKeyOfRow } from './rows.ts';
export { openSecrets, type Secrets } from './secrets.ts';
export type { AnnounceRevocation } from './writing.ts';
