import { record } from '#audit';
import { type Clock, Fault, newId, type Secret } from '#kernel';
import { Prisma, type Transaction } from '#storage';
import { credentialNeeded } from './access.ts';
import { actorOf } from './actor.ts';
import { hintOf, newApiKey } from './api-key-form.ts';
import type { Cipher } from './cipher.ts';
import { changeTopic } from './follow.ts';
import { idArgument } from './id-argument.ts';
import { type CreateApiKeyInput, type NewKeySettings, newKeySettings } from './new-key-input.ts';
import type { ApiKey, Organization, Principal } from './principal.ts';
import { apiKeyOfRow } from './rows.ts';
import type { Writing } from './writing.ts';

export interface CreatedApiKey {
  readonly apiKey: ApiKey;
  /** Shown this once: only its keyed hash is kept. */
  readonly secret: Secret;
}

/**
 * A new key of an organization. Who has KEYS_WRITE makes any; who has KEYS_WRITE_OWN an INFERENCE
 * key of their own. Faults: UNAUTHENTICATED, FORBIDDEN, InvalidInput, NOT_FOUND for an organization
 * or member that is not there.
 */
export async function createApiKey(
  writing: Writing,
  principal: Principal,
  input: CreateApiKeyInput,
): Promise<CreatedApiKey> {
  const { storage, clock, cipher, access } = writing;
  const organizationId = idArgument('organization', 'input.organizationId', input.organizationId);
  const organization = access.demand(principal, organizationId, 'KEYS_WRITE', 'KEYS_WRITE_OWN');
  const settings = newKeySettings(input, clock.now());
  const membershipId = memberOf(writing, principal, { organization, settings, input });
  const secret = newApiKey();
  const apiKey = await storage.write(async (tx) => {
    const made = await insertKey(tx, {
      organizationId,
      membershipId,
      settings,
      secret,
      cipher,
      clock,
    });
    await record(tx, created(made, actorOf(principal)), clock);
    return made;
  });
  return { apiKey, secret };
}

export interface NewKey {
  readonly organizationId: string;
  readonly membershipId: string | null;
  readonly settings: NewKeySettings;
  readonly secret: Secret;
  readonly cipher: Cipher;
  readonly clock: Clock;
}

/** The key's row, in the transaction of whoever makes it. */
export async function insertKey(tx: Transaction, made: NewKey): Promise<ApiKey> {
  const { organizationId, membershipId, settings, secret, cipher, clock } = made;
  const row = await tx.apiKey.create({
    data: {
      ...settings,
      allowedModels: settings.allowedModels ? [...settings.allowedModels] : Prisma.DbNull,
      id: newId('apiKey', clock),
      organizationId,
      membershipId,
      hint: hintOf(secret),
      hash: cipher.keyedHash(secret.reveal()),
      createdAt: new Date(clock.now()),
    },
  });
  tx.change(changeTopic, `key:${row.id}`);
  return apiKeyOfRow(row);
}

/** The audit event of a key that was made. */
export function created(apiKey: ApiKey, actor: string) {
  const { id, organizationId, name, kind, hint, membershipId, limitPeriod } = apiKey;
  const details = {
    name,
    kind,
    hint,
    membershipId,
    creditLimit: apiKey.creditLimit?.toString() ?? null,
    limitPeriod,
    requestsPerMinute: apiKey.requestsPerMinute,
    allowedModels: apiKey.allowedModels,
    expiresAt: apiKey.expiresAt?.toISOString() ?? null,
  };
  return { chain: organizationId, actor, action: 'apiKey.created', subject: id, details };
}

/**
 * Ends a key for good: refused here at once and everywhere within a second, its running completions
 * ended. A key that is revoked already stays as it is. Faults: UNAUTHENTICATED, FORBIDDEN,
 * NOT_FOUND.
 */
export async function revokeApiKey(
  writing: Writing,
  principal: Principal,
  id: string,
): Promise<ApiKey> {
  const { storage, clock, announceRevocation } = writing;
  const apiKey = await keyToWrite(writing, principal, idArgument('apiKey', 'id', id));
  if (apiKey.revokedAt) return apiKey;

  announceRevocation(id);
  await storage.write(async (tx) => {
    const { count } = await tx.apiKey.updateMany({
      where: { id, revokedAt: null },
      data: { revokedAt: new Date(clock.now()) },
    });
    if (count === 0) return;
    tx.change(changeTopic, `key:${id}`);
    const [chain, actor] = [apiKey.organizationId, actorOf(principal)];
    await record(tx, { chain, actor, action: 'apiKey.revoked', subject: id }, clock);
  });
  return apiKeyOfRow(await storage.prisma.apiKey.findUniqueOrThrow({ where: { id } }));
}

/**
 * The key, when the principal may change it. One that they may not even list is as one that does
 * not exist.
 */
async function keyToWrite(
  { storage, access, directory }: Writing,
  principal: Principal,
  id: string,
): Promise<ApiKey> {
  if (principal.kind === 'anonymous') throw credentialNeeded();
  const row = await storage.prisma.apiKey.findUnique({ where: { id } });
  const permissions = row && access.permissions(principal, row.organizationId);
  if (!row || !permissions) throw keyNotFound();
  const own =
    principal.kind === 'apiKey'
      ? principal.apiKey.id === id
      : row.membershipId !== null &&
        directory.membershipOf(principal.userId, row.organizationId)?.id === row.membershipId;
  if (permissions.has('KEYS_WRITE')) return apiKeyOfRow(row);
  if (own && permissions.has('KEYS_WRITE_OWN')) return apiKeyOfRow(row);
  if (own || permissions.has('KEYS_READ')) {
    throw new Fault('FORBIDDEN', { public: 'This needs the permission KEYS_WRITE.' });
  }
  throw keyNotFound();
}

interface Asked {
  readonly organization: Organization;
  readonly settings: NewKeySettings;
  readonly input: CreateApiKeyInput;
}

/** Whose the new key is. */
function memberOf(writing: Writing, principal: Principal, asked: Asked): string | null {
  const { access, directory } = writing;
  const { organization, settings, input } = asked;
  const own =
    principal.kind === 'user'
      ? (directory.membershipOf(principal.userId, organization.id)?.id ?? null)
      : null;
  const asks = input.membershipId ?? own;
  const ordinary = asks === own && settings.kind === 'INFERENCE';
  if (!ordinary && !access.may(principal, organization.id, 'KEYS_WRITE')) {
    throw new Fault('FORBIDDEN', {
      public: 'A MANAGEMENT key, or a key for another member, needs the permission KEYS_WRITE.',
    });
  }
  if (asks === null || asks === own) return own;
  const membership = directory.memberships.get(
    idArgument('membership', 'input.membershipId', asks),
  );
  if (membership?.organizationId !== organization.id) {
    throw new Fault('NOT_FOUND', { public: 'There is no such member.' });
  }
  return membership.id;
}

const keyNotFound = () => new Fault('NOT_FOUND', { public: 'There is no such API key.' });
