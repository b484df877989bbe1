import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  allPermissions,
  type Permissions,
  permissionsOfKey,
  permissionsOfRole,
} from '../../src/identity/access/permissions.ts';

/** A table of docs/IDENTITY.md: a row for each permission, a column for each holder. */
function table(holders: Readonly<Record<string, Permissions>>): string {
  const names = Object.keys(holders);
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rows = allPermissions.map((permission) =>
    row([permission, ...names.map((name) => (holders[name]?.has(permission) ? 'yes' : ''))]),
  );
  return [row(['', ...names]), row(['---', ...names.map(() => '---')]), ...rows].join('\n');
}

const roles = ['OWNER', 'ADMIN', 'BILLING', 'DEVELOPER', 'VIEWER'] as const;
const kinds = ['INFERENCE', 'MANAGEMENT'] as const;

test.each([
  ['roles', table(Object.fromEntries(roles.map((role) => [role, permissionsOfRole(role)])))],
  ['kinds of keys', table(Object.fromEntries(kinds.map((kind) => [kind, permissionsOfKey(kind)])))],
])('the documentation prints the table of %s as it is', (_name, printed) => {
  const page = readFileSync(new URL('../../docs/IDENTITY.md', import.meta.url), 'utf8');
  expect(page).toContain(`\n${printed}\n`);
});
