import { type AuditDetails, record } from '#audit';
import { type Clock, formatMoney, newId, type Secret } from '#kernel';
import { Prisma, type Transaction } from '#storage';
import { actorOf } from '../access/actor.ts';
import type { ApiKey, Principal } from '../access/principal.ts';
import type { Cipher } from '../cipher.ts';
import { changeTopic } from '../follow.ts';
import { idIssues, refuseIfAny } from '../input-issues.ts';
import { apiKeyOfRow } from '../rows.ts';
import { writeAs } from '../write-as.ts';
import type { Writing } from '../writing.ts';
import { hintOf, newApiKey } from './api-key-form.ts';
import type { KeyChanges } from './key-changes.ts';
import { demandMember, keyToWrite, memberOf } from './key-rights.ts';
import { type CreateApiKeyInput, type NewKeySettings, newKeySettings } from './new-key-input.ts';

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
  const { clock, cipher, access } = writing;
  const settings = newKeySettings(input, clock.now());
  const { organizationId } = input;
  const organization = access.demand(principal, organizationId, 'KEYS_WRITE', 'KEYS_WRITE_OWN');
  const membershipId = memberOf(writing, principal, { organization, settings, input });
  const secret = newApiKey();
  const apiKey = await writeAs(writing, { principal, organizationId }, async (tx) => {
    if (membershipId !== null) await demandMember(tx, membershipId);
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
  const { id, organizationId, name, kind, hint, membershipId } = apiKey;
  const { creditLimit, limitPeriod, requestsPerMinute, allowedModels, expiresAt } = apiKey;
  const settings = { creditLimit, limitPeriod, requestsPerMinute, allowedModels, expiresAt };
  const details = { name, kind, hint, membershipId, ...settingsDetails(settings) };
  return { chain: organizationId, actor, action: 'apiKey.created', subject: id, details };
}

/** Settings as they stand in the audit: amounts as integers, times in ISO 8601. */
export function settingsDetails(settings: KeyChanges): AuditDetails {
  const { creditLimit, expiresAt, ...rest } = settings;
  const limit = creditLimit == null ? null : formatMoney(creditLimit);
  return {
    ...rest,
    ...(creditLimit === undefined ? {} : { creditLimit: limit }),
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt?.toISOString() ?? null }),
  };
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
  refuseIfAny(idIssues('apiKey', 'id', id));
  const apiKey = await keyToWrite(writing, principal, id);
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
