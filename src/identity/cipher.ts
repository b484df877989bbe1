import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
} from 'node:crypto';
import { Fault, Secret } from '#kernel';

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
  /**
   * Seals for `place` (such as `provider:<id>`): what was sealed for one place does not open in
   * another.
   */
  seal(secret: Secret, place: string): Uint8Array<ArrayBuffer>;
  /** Fault INTERNAL when it was sealed with another key, for another place, or changed since. */
  unseal(sealed: Uint8Array, place: string): Secret;
  /** 32 bytes for a further use, the same on every node that has the same encryption key. */
  derive(use: string): Uint8Array;
}

export const encryptionKeyBytes = 32;

/** AES-256-GCM. The sealed form: version (1 byte), nonce (12), tag (16), the encrypted text. */
const algorithm = 'aes-256-gcm';
const version = 1;
const nonceEnd = 13;
const textStart = 29;

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
  const sealKey = derive('seal 1');
  return {
    keyedHash: (secret) => createHmac('sha256', hashKey).update(secret).digest('hex'),
    seal: (secret, place) => seal(sealKey, secret.reveal(), place),
    unseal: (sealed, place) => new Secret(unseal(sealKey, sealed, place)),
    derive,
  };
}

function seal(key: Uint8Array, text: string, place: string): Uint8Array<ArrayBuffer> {
  const nonce = randomBytes(nonceEnd - 1);
  const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(place));
  const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  const sealed = Buffer.concat([Uint8Array.of(version), nonce, cipher.getAuthTag(), encrypted]);
  return new Uint8Array(sealed);
}

function unseal(key: Uint8Array, sealed: Uint8Array, place: string): string {
  if (sealed[0] !== version || sealed.length < textStart) throw unreadable(place);
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(1, nonceEnd))
    .setAAD(Buffer.from(place))
    .setAuthTag(sealed.subarray(nonceEnd, textStart));
  try {
    return decipher.update(sealed.subarray(textStart), undefined, 'utf8') + decipher.final('utf8');
  } catch (cause) {
    throw unreadable(place, cause);
  }
}

function unreadable(place: string, cause?: unknown): Fault {
  return new Fault('INTERNAL', {
    public: 'A stored credential cannot be read.',
    internal: `what is sealed for ${place} does not open: another ENCRYPTION_KEY, or it was changed`,
    cause,
  });
}
