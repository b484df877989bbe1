import { expect, test } from 'vitest';
import { Secret } from '#kernel';
import { providerMessage } from '../../src/upstream/provider-message.ts';

test.each<[string, unknown]>([
  ['OpenAI', { error: { message: 'Out of words.', type: 'x', code: null } }],
  ['a bare error', { error: 'Out of words.' }],
  ['vLLM and Mistral', { object: 'error', message: 'Out of words.', type: 'x' }],
  ['FastAPI', { detail: 'Out of words.' }],
  ['FastAPI with fields', { detail: [{ loc: ['body', 'n'], msg: 'Out of words.' }] }],
  ['Cloudflare', { success: false, errors: [{ code: 5, message: 'Out of words.' }] }],
  ['Google', [{ error: { code: 400, message: 'Out of words.', status: 'INVALID' } }]],
  [
    'OpenRouter',
    {
      error: {
        message: 'Provider returned error',
        metadata: { raw: '{"error":{"message":"Out of words."}}', provider_name: 'P' },
      },
    },
  ],
  ['plain text', 'Out of words.\n'],
])('is found in the form of %s', (_, body) => {
  expect(providerMessage(body, null)).toBe('Out of words.');
});

test.each<[string, unknown]>([
  ['markup', '<!doctype html><title>502</title>'],
  ['nothing', ''],
  ['an empty object', {}],
  ['a number', 502],
  ['white space', ' \n\t'],
  ['what is no text', Buffer.from([31, 139, 8, 0, 65, 66]).toString('utf8')],
  ['nesting without end', JSON.parse(`${'{"error":'.repeat(50)}1${'}'.repeat(50)}`)],
])('%s says nothing', (_, body) => {
  expect(providerMessage(body, null)).toBeNull();
});

test('holds no credential, ours or one that looks like it', () => {
  const body = { error: { message: 'Keys abc-xyz and sk-proj-abcdefghijklmnop.' } };
  expect(providerMessage(body, new Secret('abc-xyz'))).toBe('Keys [secret] and sk-[secret].');
});

test('is one line without control characters', () => {
  const colour = String.fromCharCode(27);
  expect(providerMessage(`Red ${colour}[31malert\r\n  now`, null)).toBe('Red [31malert now');
});

test('runs in one direction', () => {
  expect(providerMessage('Refused \u202ereverof', null)).toBe('Refused reverof');
});
