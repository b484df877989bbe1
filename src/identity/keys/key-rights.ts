import { Fault } from '#kernel';
import type { Transaction } from '#storage';
import { credentialNeeded, memberNotFound } from '../access/access.ts';
import { permissionNeeded } from '../access/permissions.ts';
import type { ApiKey, Organization, Principal } from '../access/principal.ts';
import { apiKeyOfRow } from '../rows.ts';
import type { Writing } from '../writing.ts';
import type { CreateApiKeyInput, NewKeySettings } from './new-key-input.ts';

/**
 * The key, when the principal may change it. One that they may not even list is as one that does
 * not exist.
 */
export async function keyToWrite(
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
  // A new secret of a MANAGEMENT key would give its holder more than their own role does.
  const ordinary = own && row.kind === 'INFERENCE';
  if (ordinary && permissions.has('KEYS_WRITE_OWN')) return apiKeyOfRow(row);
  if (own || permissions.has('KEYS_READ')) {
    throw permissionNeeded(['KEYS_WRITE']);
  }
  throw keyNotFound();
}

interface Asked {
  readonly organization: Organization;
  readonly settings: NewKeySettings;
  readonly input: CreateApiKeyInput;
}

/** Whose the new key is. */
export function memberOf(writing: Writing, principal: Principal, asked: Asked): string | null {
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
  const membership = directory.memberships.get(asks);
  if (membership?.organizationId !== organization.id) {
    throw memberNotFound();
  }
  return membership.id;
}

/** Whose the new key is may have left a moment ago, together with all keys. */
export async function demandMember(tx: Transaction, id: string): Promise<void> {
  if ((await tx.membership.count({ where: { id, removedAt: null } })) === 0) throw memberNotFound();
}

const keyNotFound = () => new Fault('NOT_FOUND', { public: 'There is no such API key.' });
