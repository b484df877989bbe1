import { crc32 } from 'node:zlib';
import { assert, integer, property, uint8Array } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret } from '#kernel';
import {
  apiKeyOf,
  hintOf,
  looksLikeOurs,
  newApiKey,
} from '../../src/identity/keys/api-key-form.ts';

const bytes = uint8Array({ minLength: 32, maxLength: 32 });

describe('an API key', () => {
  test('is sk-bourse-, 43 base-62 characters and 6 of their checksum', () => {
    assert(
      property(bytes, (seed) => {
        expect(apiKeyOf(seed).reveal()).toMatch(/^sk-bourse-[0-9A-Za-z]{49}$/);
        expect(looksLikeOurs(apiKeyOf(seed).reveal())).toBe(true);
      }),
    );
  });

  test('has the checksum that anybody can compute: CRC-32 of the 43, in base 62, 0-9A-Za-z', () => {
    const key = apiKeyOf(new Uint8Array(32)).reveal();
    expect(key.slice(10, 53)).toBe('0'.repeat(43));
    const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    const value = [...key.slice(53)].reduce((sum, digit) => sum * 62 + alphabet.indexOf(digit), 0);
    expect(value).toBe(crc32('0'.repeat(43)));
  });

  test('differs for different bytes and is the same for the same', () => {
    assert(
      property(bytes, bytes, (a, b) => {
        const same = Buffer.from(a).equals(b);
        expect(apiKeyOf(a).reveal() === apiKeyOf(b).reveal()).toBe(same);
      }),
    );
  });

  test('spells also the largest 32 bytes without overflow', () => {
    const key = apiKeyOf(new Uint8Array(32).fill(255)).reveal();
    expect(looksLikeOurs(key)).toBe(true);
    expect(key).not.toBe(apiKeyOf(new Uint8Array(32).fill(254)).reveal());
  });

  test('is not recognised with one character changed: no false alarms of scanners', () => {
    assert(
      property(bytes, integer({ min: 10, max: 58 }), (seed, position) => {
        const key = apiKeyOf(seed).reveal();
        const other = key[position] === 'a' ? 'b' : 'a';
        expect(looksLikeOurs(key.slice(0, position) + other + key.slice(position + 1))).toBe(false);
      }),
    );
  });

  test('is made anew each time', () => {
    const keys = new Set(Array.from({ length: 1_000 }, () => newApiKey().reveal()));
    expect(keys.size).toBe(1_000);
    expect([...keys].every(looksLikeOurs)).toBe(true);
  });
});

describe('a hint', () => {
  test('is the first 14 and the last 4 of a key', () => {
    const key = newApiKey().reveal();
    expect(hintOf(new Secret(key))).toBe(`${key.slice(0, 14)}…${key.slice(-4)}`);
  });

  test.each(['sixteen-char-key', 'a-key-of-33-characters-0123456789'])(
    'of the short chosen key %s hides at least 12 of its characters',
    (key) => {
      expect(hintOf(new Secret(key))).toBe(`${key.slice(0, 2)}…${key.slice(-2)}`);
    },
  );
});
