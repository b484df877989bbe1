import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Fault } from '#kernel';

/** A key that seals, and the number by which what it sealed names it. */
export interface SealingKey {
  readonly number: number;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
}

export type Sealed = Uint8Array<ArrayBuffer>;

/**
 * AES-256-GCM (NIST SP 800-38D). The sealed form: version (1 byte), number of the key (4, most
 * significant first), nonce (12), tag (16), the encrypted bytes. The head and the place are
 * authenticated with it.
 */
const algorithm = 'aes-256-gcm';
const version = 2;
const headEnd = 5;
const nonceEnd = 17;
const textStart = 33;

export function seal({ number, bytes }: SealingKey, content: Uint8Array, place: string): Sealed {
  const head = Buffer.alloc(headEnd);
  head.writeUInt8(version);
  head.writeUInt32BE(number, 1);
  const nonce = randomBytes(nonceEnd - headEnd);
  const cipher = createCipheriv(algorithm, bytes, nonce).setAAD(bound(head, place));
  const encrypted = Buffer.concat([cipher.update(content), cipher.final()]);
  return new Uint8Array(Buffer.concat([head, nonce, cipher.getAuthTag(), encrypted]));
}

/** The number of the key that sealed it; null when it is not of this form. */
export function numberOf(sealed: Uint8Array): number | null {
  if (sealed[0] !== version || sealed.length < textStart) return null;
  return Buffer.from(sealed).readUInt32BE(1);
}

/** @throws Fault INTERNAL when it was sealed with another key, for another place, or changed. */
export function unseal({ number, bytes }: SealingKey, sealed: Uint8Array, place: string): Buffer {
  if (numberOf(sealed) !== number) throw unreadable(place);
  const nonce = sealed.subarray(headEnd, nonceEnd);
  const decipher = createDecipheriv(algorithm, bytes, nonce)
    .setAAD(bound(sealed.subarray(0, headEnd), place))
    .setAuthTag(sealed.subarray(nonceEnd, textStart));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(textStart)), decipher.final()]);
  } catch (cause) {
    throw unreadable(place, cause);
  }
}

const bound = (head: Uint8Array, place: string) => Buffer.concat([head, Buffer.from(place)]);

export function unreadable(place: string, cause?: unknown): Fault {
  return new Fault('INTERNAL', {
    public: 'A stored credential cannot be read.',
    internal: `what is sealed for ${place} does not open: another ENCRYPTION_KEY, or it was changed`,
    cause,
  });
}
