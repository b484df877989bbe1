import { randomBytes } from 'node:crypto';
import { assert, integer, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret } from '#kernel';
import { openCipher } from '../../src/identity/cipher.ts';

const encryptionKey = () => new Secret(randomBytes(32).toString('base64'));
const cipher = openCipher(encryptionKey());

describe('a sealed secret', () => {
  test('comes back as it was', () => {
    assert(
      property(string({ unit: 'grapheme' }), (text) => {
        const sealed = cipher.seal(new Secret(text), 'provider:a');
        expect(cipher.unseal(sealed, 'provider:a').reveal()).toBe(text);
      }),
    );
  });

  test('never looks the same twice and never contains the secret', () => {
    const secret = new Secret('canary-credential');
    const [one, two] = [cipher.seal(secret, 'p'), cipher.seal(secret, 'p')];
    expect(Buffer.from(one)).not.toEqual(Buffer.from(two));
    expect(Buffer.from(one).includes('canary')).toBe(false);
  });

  test('does not open after one bit was changed, wherever', () => {
    const sealed = cipher.seal(new Secret('canary-credential'), 'p');
    assert(
      property(integer({ min: 0, max: sealed.length * 8 - 1 }), (bit) => {
        const changed = sealed.slice();
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(() => cipher.unseal(changed, 'p')).toThrow(/does not open/);
      }),
    );
  });

  test('does not open when it is cut short', () => {
    const sealed = cipher.seal(new Secret('canary-credential'), 'p');
    for (let length = 0; length < sealed.length; length++) {
      expect(() => cipher.unseal(sealed.slice(0, length), 'p')).toThrow(/does not open/);
    }
  });

  test('does not open in another place, nor with another key', () => {
    const sealed = cipher.seal(new Secret('canary-credential'), 'provider:a');
    expect(() => cipher.unseal(sealed, 'provider:b')).toThrow(/does not open/);
    expect(() => openCipher(encryptionKey()).unseal(sealed, 'provider:a')).toThrow(/does not open/);
  });

  test('is an internal error without the secret in any text when it does not open', () => {
    const sealed = cipher.seal(new Secret('canary-credential'), 'p');
    const fail = () => cipher.unseal(sealed, 'q');
    expect(fail).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    expect(fail).not.toThrow(/canary/);
  });
});

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
