import { createHmac, timingSafeEqual } from 'node:crypto';

const linkLivesMs = 600_000;

/** Links that carry their own permission, signed by this installation, for ten minutes. */
export interface SignedLinks {
  /** The parts hold no dot. */
  make(parts: readonly string[], nowMs: number): string;
  /** The parts; null when it was not made here, was changed, or has expired. */
  read(token: string, nowMs: number): readonly string[] | null;
}

export function signedLinks(key: Uint8Array): SignedLinks {
  const sign = (text: string) => createHmac('sha256', key).update(text).digest('base64url');
  return {
    make(parts, nowMs) {
      const text = [...parts, nowMs + linkLivesMs].join('.');
      return `${text}.${sign(text)}`;
    },
    read(token, nowMs) {
      const cut = token.lastIndexOf('.');
      const text = token.slice(0, Math.max(0, cut));
      const [given, right] = [Buffer.from(token.slice(cut + 1)), Buffer.from(sign(text))];
      if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
      const parts = text.split('.');
      const expiresMs = Number(parts.pop());
      return expiresMs < nowMs ? null : parts;
    },
  };
}
