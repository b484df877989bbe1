import { describe, expect, test } from 'vitest';
import { derivedId, Fault } from '#kernel';
import { Access } from '../../src/identity/access/access.ts';
import { Directory } from '../../src/identity/access/directory.ts';
import { anonymous, type Principal } from '../../src/identity/access/principal.ts';
import { key, membership, organization } from './people.ts';

const directory = new Directory();
directory.organizations.replace([], [organization('acme'), organization('rival')]);
directory.memberships.replace(
  [],
  [
    membership('acme', 'owner', 'OWNER'),
    { ...membership('acme', 'developer', 'DEVELOPER'), monthlyBudget: 7n },
    membership('acme', 'viewer', 'VIEWER'),
    membership('acme', 'billing', 'BILLING'),
    membership('rival', 'stranger', 'OWNER'),
  ],
);
const access = new Access(directory);

const person = (userId: string): Principal => ({ kind: 'user', userId, platformAdmin: false });
const administrator: Principal = { kind: 'user', userId: 'admin', platformAdmin: true };
const keyed = (...given: Parameters<typeof key>): Principal => ({
  kind: 'apiKey',
  apiKey: key(...given).apiKey,
  organization: organization(given[0]),
  secretHash: key(...given).hash,
});
const developersId = membership('acme', 'developer', 'DEVELOPER').id;
const inference = keyed('acme', 'ci', { membershipId: developersId });
const management = keyed('acme', 'ops', { kind: 'MANAGEMENT' });

const acme = organization('acme').id;
const rival = organization('rival').id;
const nowhere = derivedId('organization', 'nowhere');

function outcome(attempt: () => unknown): string {
  try {
    attempt();
    return 'ok';
  } catch (error) {
    if (error instanceof Fault) return error.code;
    throw error;
  }
}

describe('who pays', () => {
  test.each([
    ['anonymous', anonymous, acme, 'UNAUTHENTICATED'],
    ['anonymous', anonymous, undefined, 'UNAUTHENTICATED'],
    ['an INFERENCE key', inference, undefined, 'ok'],
    ['an INFERENCE key', inference, acme, 'ok'],
    ['an INFERENCE key', inference, rival, 'NOT_FOUND'],
    ['an INFERENCE key', inference, nowhere, 'NOT_FOUND'],
    ['an INFERENCE key', inference, derivedId('apiKey', 'x'), 'INVALID_INPUT'],
    ['a MANAGEMENT key', management, undefined, 'FORBIDDEN'],
    ['an owner', person('owner'), acme, 'ok'],
    ['a person without an organization', person('owner'), undefined, 'FORBIDDEN'],
    ['an owner', person('owner'), rival, 'NOT_FOUND'],
    ['a developer', person('developer'), acme, 'ok'],
    ['a viewer', person('viewer'), acme, 'FORBIDDEN'],
    ['a billing member', person('billing'), acme, 'FORBIDDEN'],
    ['a stranger', person('stranger'), acme, 'NOT_FOUND'],
    ['the administrator', administrator, acme, 'ok'],
    ['the administrator', administrator, nowhere, 'NOT_FOUND'],
    ['the administrator without an organization', administrator, undefined, 'FORBIDDEN'],
    ['an owner', person('owner'), 'acme', 'INVALID_INPUT'],
  ] as const)('%s (row %#) for %s %s: %s', (_who, principal, organizationId, expected) => {
    expect(outcome(() => access.payer(principal, organizationId))).toBe(expected);
  });

  test('a key’s completions spend its own limit and its member’s budget', () => {
    expect(access.payer(inference)).toMatchObject({
      organization: { slug: 'acme' },
      apiKey: { name: 'ci' },
      membershipId: developersId,
      userId: null,
      monthlyBudget: 7n,
    });
  });

  test('a person’s completions spend their own budget there', () => {
    expect(access.payer(person('developer'), acme)).toMatchObject({
      apiKey: null,
      membershipId: developersId,
      userId: 'developer',
      monthlyBudget: 7n,
    });
  });

  test('the administrator pays from an organization without being its member', () => {
    expect(access.payer(administrator, acme)).toMatchObject({
      membershipId: null,
      userId: 'admin',
      monthlyBudget: null,
    });
  });
});

describe('an organization', () => {
  test('of another tenant answers exactly like one that does not exist', () => {
    const answer = (id: string) => {
      try {
        access.demand(person('stranger'), id, 'KEYS_WRITE');
      } catch (error) {
        return error instanceof Fault ? [error.code, error.public, error.message] : error;
      }
      return 'admitted';
    };
    expect(answer(acme)).toEqual(answer(nowhere));
    expect(access.permissions(person('stranger'), acme)).toBeNull();
    expect(access.visibleOrganization(person('stranger'), 'acme')).toBeNull();
  });

  test('is found by id and by slug by those who belong to it, and by the administrator', () => {
    for (const principal of [person('viewer'), inference, management, administrator]) {
      expect(access.visibleOrganization(principal, 'acme')?.id).toBe(acme);
      expect(access.visibleOrganization(principal, acme)?.id).toBe(acme);
    }
    expect(access.visibleOrganization(anonymous, 'acme')).toBeNull();
  });

  test.each([
    [
      ['KEYS_WRITE', 'KEYS_WRITE_OWN'],
      'KEYS_WRITE or KEYS_WRITE_OWN in acme: the role OWNER or ADMIN or DEVELOPER, ' +
        'or a MANAGEMENT key.',
    ],
    [['CONTENT_READ'], 'CONTENT_READ in acme: the role OWNER or ADMIN.'],
    [
      ['COMPLETIONS_RUN'],
      'COMPLETIONS_RUN in acme: the role OWNER or ADMIN or DEVELOPER, or an INFERENCE key.',
    ],
  ] as const)('names the permission that is missing, and who has it: %j', (needed, told) => {
    expect(() => access.demand(person('viewer'), acme, ...needed)).toThrow(
      `This needs the permission ${told}`,
    );
  });
});
