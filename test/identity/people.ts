import { derivedId, Secret } from '#kernel';
import type { KeyEntry } from '../../src/identity/access/directory.ts';
import {
  type ApiKey,
  type Membership,
  type Organization,
  openPolicy,
  type Role,
} from '../../src/identity/access/principal.ts';
import { openCipher } from '../../src/identity/cipher.ts';

/** Builders of what the directory holds, each valid unless told otherwise. */
export const cipher = openCipher(new Secret(Buffer.alloc(32, 1).toString('base64')));

export const organization = (slug: string): Organization => ({
  id: derivedId('organization', slug),
  slug,
  name: slug,
  createdAt: new Date(0),
  retainContentDays: 0,
  policy: openPolicy,
});

export const membership = (organizationSlug: string, userId: string, role: Role): Membership => ({
  id: derivedId('membership', `${organizationSlug} ${userId}`),
  organizationId: derivedId('organization', organizationSlug),
  userId,
  role,
  monthlyBudget: null,
  budgetNumber: 0,
});

/** A key of this organization whose secret is `secret of <name>`. */
export function key(organizationSlug: string, name: string, changed: KeyChanges = {}): KeyEntry {
  const { hash, previous, ...fields } = changed;
  return {
    apiKey: {
      id: derivedId('apiKey', name),
      organizationId: derivedId('organization', organizationSlug),
      membershipId: null,
      name,
      kind: 'INFERENCE',
      hint: '',
      creditLimit: null,
      limitPeriod: 'NONE',
      limitNumber: 0,
      requestsPerMinute: null,
      allowedModels: null,
      createdAt: new Date(0),
      expiresAt: null,
      revokedAt: null,
      disabled: false,
      ...fields,
    },
    hash: hash ?? cipher.keyedHash(secretOf(name)),
    previous: previous ?? null,
  };
}

export type KeyChanges = Partial<ApiKey> & Partial<Pick<KeyEntry, 'hash' | 'previous'>>;

export const secretOf = (name: string) => `secret of ${name}`;
