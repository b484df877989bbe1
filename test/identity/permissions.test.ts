import { describe, expect, test } from 'vitest';
import {
  allPermissions,
  permissionsOfKey,
  permissionsOfRole,
} from '../../src/identity/access/permissions.ts';

const roles = ['OWNER', 'ADMIN', 'BILLING', 'DEVELOPER', 'VIEWER'] as const;
const kinds = ['INFERENCE', 'MANAGEMENT'] as const;

/** x: may. Columns: OWNER ADMIN BILLING DEVELOPER VIEWER | INFERENCE MANAGEMENT */
const table = `
MEMBERS_READ       x x . x . | . x
MEMBERS_WRITE      x x . . . | . x
KEYS_READ          x x . . . | . x
KEYS_WRITE         x x . . . | . x
KEYS_WRITE_OWN     x x . x . | . x
CREDITS_READ       x x x . . | . x
CREDITS_WRITE      x x x . . | . x
POLICY_WRITE       x x . . . | . x
CONTENT_READ       x x . . . | . .
COMPLETIONS_READ   x x . x x | . x
COMPLETIONS_RUN    x x . x . | x .
AUDIT_READ         x x . . . | . x
ORGANIZATION_WRITE x x . . . | . x`;

describe('who may do what', () => {
  test('is exactly this table', () => {
    const mark = (may: boolean) => (may ? 'x' : '.');
    const rows = allPermissions.map((name) => {
      const ofRoles = roles.map((role) => mark(permissionsOfRole(role).has(name)));
      const ofKinds = kinds.map((kind) => mark(permissionsOfKey(kind).has(name)));
      return `${name.padEnd(18)} ${ofRoles.join(' ')} | ${ofKinds.join(' ')}`;
    });
    expect(`\n${rows.join('\n')}`).toBe(table);
  });
});
