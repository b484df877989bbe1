import { randomBytes } from 'node:crypto';
import { assert, integer, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { numberOf, seal, unseal } from '../../src/vault/seal.ts';

const key = { number: 7, bytes: randomBytes(32) };
const canary = Buffer.from('canary-credential');

describe('what is sealed', () => {
  test('comes back as it was', () => {
    assert(
      property(string({ unit: 'grapheme' }), (text) => {
        const sealed = seal(key, Buffer.from(text), 'provider:a');
        expect(unseal(key, sealed, 'provider:a').toString()).toBe(text);
      }),
    );
  });

  test('names its key, never looks the same twice and never contains the secret', () => {
    const [one, two] = [seal(key, canary, 'p'), seal(key, canary, 'p')];
    expect(numberOf(one)).toBe(7);
    expect(Buffer.from(one)).not.toEqual(Buffer.from(two));
    expect(Buffer.from(one).includes('canary')).toBe(false);
  });

  test('does not open after one bit was changed, wherever', () => {
    const sealed = seal(key, canary, 'p');
    assert(
      property(integer({ min: 0, max: sealed.length * 8 - 1 }), (bit) => {
        const changed = sealed.slice();
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(() => unseal(key, changed, 'p')).toThrow(/does not open/);
      }),
    );
  });

  test('does not open when it is cut short', () => {
    const sealed = seal(key, canary, 'p');
    for (let length = 0; length < sealed.length; length++) {
      expect(() => unseal(key, sealed.slice(0, length), 'p')).toThrow(/does not open/);
    }
  });

  test('does not open in another place, with another key, nor under another number', () => {
    const sealed = seal(key, canary, 'provider:a');
    const other = { number: 7, bytes: randomBytes(32) };
    expect(() => unseal(key, sealed, 'provider:b')).toThrow(/does not open/);
    expect(() => unseal(other, sealed, 'provider:a')).toThrow(/does not open/);
    expect(() => unseal({ ...key, number: 8 }, sealed, 'provider:a')).toThrow(/does not open/);
  });

  test('is an internal error without the secret in any text when it does not open', () => {
    const sealed = seal(key, canary, 'p');
    const fail = () => unseal(key, sealed, 'q');
    expect(fail).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    expect(fail).not.toThrow(/canary/);
  });
});
