import { type Secret, scrub } from '#kernel';

const charactersMax = 500;

/**
 * The provider's own words out of an error body of any known shape: OpenAI's `{error:
 * {message}}`, `{error: "…"}`, vLLM's and Mistral's `{message}`, FastAPI's `{detail}`,
 * Cloudflare's `{errors: […]}`, Google's array of errors, or plain text. Null for markup, for what
 * is no text and for what says nothing. The result holds no credential and is safe to show.
 */
export function providerMessage(body: unknown, secret: Secret | null): string | null {
  const text = find(body, 0);
  if (text === null || /^\s*<|\ufffd/.test(text)) return null;
  const credential = secret?.reveal();
  const masked = credential ? text.replaceAll(credential, '[secret]') : text;
  // What is no character of a sentence, or turns its direction, has no place on a terminal.
  const line = scrub(masked.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim());
  if (line === '') return null;
  return line.length > charactersMax ? `${line.slice(0, charactersMax - 1)}…` : line;
}

/** The places where services put their sentence, best first. */
const places = ['message', 'error', 'msg', 'detail', 'errors', 'error_description'] as const;

function find(value: unknown, depth: number): string | null {
  if (typeof value === 'string') return value === '' ? null : value;
  if (typeof value !== 'object' || value === null || depth > 4) return null;
  if (Array.isArray(value)) return find(value[0], depth + 1);
  const raw = rawWords(value);
  if (raw !== null) return raw;
  for (const place of places) {
    const found = find((value as Record<string, unknown>)[place], depth + 1);
    if (found !== null) return found;
  }
  return null;
}

/**
 * An aggregator (OpenRouter) says "Provider returned error" and keeps the provider's words in
 * `metadata.raw`.
 */
function rawWords(value: object): string | null {
  if (!('metadata' in value) || typeof value.metadata !== 'object' || !value.metadata) return null;
  const raw = 'raw' in value.metadata ? value.metadata.raw : null;
  return typeof raw === 'string' && raw !== '' ? (find(parsed(raw), 1) ?? raw) : null;
}

/** JSON where it is JSON, else the text itself. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
