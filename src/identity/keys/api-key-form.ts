import { crc32 } from 'node:zlib';
import { base62Digits, Secret, secureText } from '#kernel';

/**
 * The form of an API key: `sk-bourse-`, 43 base-62 characters of chance (256 bits), 6 of the CRC-32
 * of those 43. The checksum lets a leak scanner tell a key from a look-alike without asking anybody
 * (GitHub's token format, github.blog/engineering/behind-githubs-new-authentication-token-formats).
 * It never decides admission.
 */
const prefix = 'sk-bourse-';
const bodyLength = 43;
const checksumLength = 6;
const form = /^sk-bourse-([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;

/** A new key, from the operating system's secure source. */
export function newApiKey(): Secret {
  return new Secret(withChecksum(secureText(bodyLength, base62Digits)));
}

/** The one key that these 32 bytes spell: the same bytes give the same key everywhere. */
export function apiKeyOf(bytes: Uint8Array): Secret {
  const number = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  return new Secret(withChecksum(base62(number, bodyLength)));
}

/**
 * True for a key of this form with its right checksum; says nothing about whether it was ever made.
 */
export function looksLikeOurs(text: string): boolean {
  const [, body, checksum] = form.exec(text) ?? [];
  return body !== undefined && checksumOf(body) === checksum;
}

const hiddenMin = 16;

/**
 * The part of a secret that is kept readable: the first 14 characters and the last 4. Of a shorter
 * secret, which only an operator can have chosen, that would leave less than 16 hidden: then 2 and
 * 2.
 */
export function hintOf(secret: Secret): string {
  const text = secret.reveal();
  const [head, tail] = text.length >= 14 + 4 + hiddenMin ? [14, 4] : [2, 2];
  return `${text.slice(0, head)}…${text.slice(-tail)}`;
}

const withChecksum = (body: string) => `${prefix}${body}${checksumOf(body)}`;

const checksumOf = (body: string) => base62(BigInt(crc32(body)), checksumLength);

function base62(number: bigint, length: number): string {
  let text = '';
  for (let rest = number; text.length < length; rest /= 62n)
    text = base62Digits[Number(rest % 62n)] + text;
  return text;
}
