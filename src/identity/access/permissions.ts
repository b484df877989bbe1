import { Fault } from '#kernel';
import type { ApiKey, Role } from './principal.ts';

/** What one may do in an organization; the names are the contract's. */
export const allPermissions = [
  'MEMBERS_READ',
  'MEMBERS_WRITE',
  'KEYS_READ',
  'KEYS_WRITE',
  'KEYS_WRITE_OWN',
  'CREDITS_READ',
  'CREDITS_WRITE',
  'POLICY_WRITE',
  'CONTENT_READ',
  'COMPLETIONS_READ',
  'COMPLETIONS_RUN',
  'AUDIT_READ',
  'ORGANIZATION_WRITE',
] as const;

export type Permission = (typeof allPermissions)[number];
export type Permissions = ReadonlySet<Permission>;

const all: Permissions = new Set(allPermissions);

/**
 * Usage is open to CREDITS_READ and to COMPLETIONS_READ. What an ADMIN may not do (touch owners,
 * leave the organization without one) is a rule about members, not a permission.
 */
const byRole: Readonly<Record<Role, Permissions>> = {
  OWNER: all,
  ADMIN: all,
  BILLING: new Set<Permission>(['CREDITS_READ', 'CREDITS_WRITE']),
  DEVELOPER: new Set<Permission>([
    'MEMBERS_READ',
    'KEYS_WRITE_OWN',
    'COMPLETIONS_READ',
    'COMPLETIONS_RUN',
  ]),
  VIEWER: new Set<Permission>(['COMPLETIONS_READ']),
};

/**
 * Content is for persons alone. What an INFERENCE key did itself it may read without a permission.
 */
const byKind: Readonly<Record<ApiKey['kind'], Permissions>> = {
  INFERENCE: new Set<Permission>(['COMPLETIONS_RUN']),
  MANAGEMENT: new Set(
    allPermissions.filter((name) => name !== 'COMPLETIONS_RUN' && name !== 'CONTENT_READ'),
  ),
};

export const noPermissions: Permissions = new Set();
export const administratorPermissions = all;
export const permissionsOfRole = (role: Role): Permissions => byRole[role];
export const permissionsOfKey = (kind: ApiKey['kind']): Permissions => byKind[kind];

/** The roles that include a permission, for queries. */
export const rolesWith = (permission: Permission): Role[] =>
  (Object.keys(byRole) as Role[]).filter((role) => byRole[role].has(permission));

const keyOf: Readonly<Record<ApiKey['kind'], string>> = {
  INFERENCE: 'an INFERENCE key',
  MANAGEMENT: 'a MANAGEMENT key',
};

/** One of these is missing; says which roles and keys have it. */
export function permissionNeeded(anyOf: readonly Permission[], where = 'this organization'): Fault {
  const has = (permissions: Permissions) => anyOf.some((name) => permissions.has(name));
  const roles = (Object.keys(byRole) as Role[]).filter((role) => has(byRole[role]));
  const kinds = (Object.keys(byKind) as ApiKey['kind'][]).filter((kind) => has(byKind[kind]));
  const holders = [`the role ${roles.join(' or ')}`, ...kinds.map((kind) => keyOf[kind])];
  return new Fault('FORBIDDEN', {
    public: `This needs the permission ${anyOf.join(' or ')} in ${where}: ${holders.join(', or ')}.`,
  });
}
