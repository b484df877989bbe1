import { randomFillSync } from 'node:crypto';

/** A source of chance. Code that draws takes one, so that a seed replays what happened. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}

export const systemRandom: Random = {
  next: () => Math.random(),
};

/**
 * sfc32 (Chris Doty-Humphrey, PractRand), seeded by FNV-1a: the same seed gives the same sequence
 * everywhere.
 */
export function seededRandom(seed: string | number): Random {
  let [a, b, c, counter] = [hash(`a${seed}`), hash(`b${seed}`), hash(`c${seed}`), 1];
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 12; round++) next();
  return { next };
}

/** Digits and letters: 62 characters that need no quoting anywhere. */
export const base62Digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Crockford's base 32 in lower case: no i, l, o, u; sorts like the number that it encodes. */
export const base32Digits = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * `length` characters of `alphabet`, from the operating system's secure source, without modulo
 * bias.
 */
export function secureText(length: number, alphabet: string): string {
  const usable = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < length) {
    const byte = secureByte();
    if (byte < usable) text += alphabet[byte % alphabet.length];
  }
  return text;
}

/** Asking the operating system costs as much for a page as for a byte. */
const ahead = Buffer.alloc(4_096);
let taken = ahead.length;

/** Never the same one twice: what was taken is overwritten. */
function secureByte(): number {
  if (taken === ahead.length) {
    randomFillSync(ahead);
    taken = 0;
  }
  const byte = ahead[taken] as number; // within its length
  ahead[taken++] = 0;
  return byte;
}

function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  }
  return state;
}
