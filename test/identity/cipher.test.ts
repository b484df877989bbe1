import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Secret } from '#kernel';
import { openCipher } from '../../src/identity/cipher.ts';

const encryptionKey = () => new Secret(randomBytes(32).toString('base64'));

describe('a keyed hash', () => {
  test('is the same for the same secret and key, and another with another key', () => {
    const key = encryptionKey();
    const hash = openCipher(key).keyedHash('sk-1');
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(openCipher(key).keyedHash('sk-1')).toBe(hash);
    expect(openCipher(key).keyedHash('sk-2')).not.toBe(hash);
    expect(openCipher(encryptionKey()).keyedHash('sk-1')).not.toBe(hash);
  });
});

test('an encryption key that is not 32 bytes is refused, and is not quoted', () => {
  const open = () => openCipher(new Secret(Buffer.from('canary').toString('base64')));
  expect(open).toThrow(/6 bytes.*32 bytes/);
  expect(open).not.toThrow(/canary|Y2FuYXJ5/);
});
