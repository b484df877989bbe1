import { describe, expect, test } from 'vitest';
import { amountMax, derivedId, formatMoney, InvalidInput } from '#kernel';
import { newApiKey } from '../../src/identity/keys/api-key-form.ts';
import { type CreateApiKeyInput, newKeySettings } from '../../src/identity/keys/new-key-input.ts';

const now = Date.parse('2026-11-23T10:00:00Z');
const input = { organizationId: derivedId('organization', 'acme'), name: 'ci' };

function pathsOf(changed: Partial<CreateApiKeyInput>): string[] {
  try {
    newKeySettings({ ...input, ...changed }, now);
    return [];
  } catch (error) {
    if (error instanceof InvalidInput) return error.issues.map((issue) => issue.path);
    throw error;
  }
}

describe('a new key', () => {
  test('without settings has no limits', () => {
    expect(newKeySettings({ ...input, name: ' ci ' }, now)).toEqual({
      name: 'ci',
      kind: 'INFERENCE',
      creditLimit: null,
      limitPeriod: 'NONE',
      requestsPerMinute: null,
      allowedModels: null,
      expiresAt: null,
    });
  });

  test.each([
    { name: 'x'.repeat(100) },
    { limitPeriod: 'MONTHLY' },
    { requestsPerMinute: 1 },
    { requestsPerMinute: 1_000_000 },
    { allowedModels: [] },
    { allowedModels: ['*', 'anthropic/*', 'openai/gpt-5-mini', 'gpt-5.1'] },
    { expiresAt: new Date(now + 1) },
    { kind: 'MANAGEMENT' },
  ] as Partial<CreateApiKeyInput>[])('may have %o', (changed) => {
    expect(pathsOf(changed)).toEqual([]);
    expect(newKeySettings({ ...input, ...changed }, now)).toMatchObject(changed);
  });

  test.each([
    ['0.000000000001', 1n],
    [formatMoney(amountMax), amountMax],
    ['5.50', 5_500_000_000_000n],
  ])('may spend %s US dollars', (creditLimit, amount) => {
    expect(newKeySettings({ ...input, creditLimit }, now).creditLimit).toBe(amount);
  });

  test.each([
    [{ organizationId: 'acme' }, 'input.organizationId'],
    [{ membershipId: 'usr_1' }, 'input.membershipId'],
    [{ name: '' }, 'input.name'],
    [{ name: '   ' }, 'input.name'],
    [{ name: 'x'.repeat(101) }, 'input.name'],
    [{ name: 'two\nlines' }, 'input.name'],
    [{ name: 'half a pair \ud83d' }, 'input.name'],
    [{ creditLimit: '0' }, 'input.creditLimit'],
    [{ creditLimit: '-1' }, 'input.creditLimit'],
    [{ creditLimit: '0.0000000000001' }, 'input.creditLimit'],
    [{ creditLimit: '9223372.036854775808' }, 'input.creditLimit'],
    [{ requestsPerMinute: 0 }, 'input.requestsPerMinute'],
    [{ requestsPerMinute: 1.5 }, 'input.requestsPerMinute'],
    [{ requestsPerMinute: 1_000_001 }, 'input.requestsPerMinute'],
    [{ requestsPerMinute: Number.NaN }, 'input.requestsPerMinute'],
    [{ allowedModels: ['openai/gpt-5', ''] }, 'input.allowedModels.1'],
    [{ allowedModels: ['openai gpt'] }, 'input.allowedModels.0'],
    [{ allowedModels: ['x'.repeat(201)] }, 'input.allowedModels.0'],
    [{ allowedModels: Array(101).fill('a/b') }, 'input.allowedModels'],
    [{ expiresAt: new Date(now) }, 'input.expiresAt'],
    [{ expiresAt: new Date(Number.NaN) }, 'input.expiresAt'],
  ] as [Partial<CreateApiKeyInput>, string][])('may not have %o', (changed, path) => {
    expect(pathsOf(changed)).toEqual([path]);
  });

  test('is told everything that is wrong at once', () => {
    expect(pathsOf({ name: '', creditLimit: '0', expiresAt: new Date(0) })).toEqual([
      'input.name',
      'input.creditLimit',
      'input.expiresAt',
    ]);
  });

  test('cannot be named like a secret, and the refusal does not repeat it', () => {
    const secret = newApiKey().reveal();
    const create = () => newKeySettings({ ...input, name: `mine: ${secret}` }, now);
    expect(create).toThrow(/input\.name: The name holds a secret key/);
    expect(create).not.toThrow(secret);
  });
});
