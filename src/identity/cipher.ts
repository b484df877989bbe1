import { createHmac, createSecretKey, hkdfSync } from 'node:crypto';
import { Fault, type Secret } from '#kernel';

/**
 * What the encryption key is used for; each use has a key of its own, derived from it (HKDF-
 * SHA-256, RFC 5869).
 */
export interface Cipher {
  /**
   * HMAC-SHA-256 in hexadecimal: what is stored of a secret and looked up by. Without the
   * encryption key a copy of the database tells nothing about short secrets either, and comparing
   * two of these leaks nothing by its timing.
   */
  keyedHash(secret: string): string;
  /** 32 bytes for a further use, the same on every node that has the same encryption key. */
  derive(use: string): Uint8Array;
}

export const encryptionKeyBytes = 32;

/** `encryptionKey` is 32 bytes in base64, as the setting ENCRYPTION_KEY. */
export function openCipher(encryptionKey: Secret): Cipher {
  const root = Buffer.from(encryptionKey.reveal(), 'base64');
  if (root.length !== encryptionKeyBytes) {
    throw new Fault('INVALID_INPUT', {
      public: `The encryption key has ${root.length} bytes. Accepted: 32 bytes in base64.`,
    });
  }
  const derive = (use: string) => new Uint8Array(hkdfSync('sha256', root, '', `bourse ${use}`, 32));
  // A key object: with plain bytes node:crypto makes one for each hash, at ten times the cost.
  const hashKey = createSecretKey(derive('secret hash 1'));
  return {
    keyedHash: (secret) => createHmac('sha256', hashKey).update(secret).digest('hex'),
    derive,
  };
}
