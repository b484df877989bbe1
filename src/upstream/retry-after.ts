import { type Clock, hourMs } from '#kernel';
import type { AnswerHeaders } from './http/answer-head.ts';

/** A provider that asks for more is not waited for: the breaker and the router decide anew. */
const retryAfterMsMax = hourMs;

/**
 * When the provider asks to be tried again, in milliseconds from now; undefined when it does not
 * say. In order of precision: `retry-after-ms` (OpenAI, Azure), `Retry-After` in seconds or as a
 * date (RFC 9110 §10.2.3), then the reset of whichever of `x-ratelimit-…-requests` and `-tokens`
 * has run out (OpenAI, Groq).
 */
export function retryAfterMs(headers: AnswerHeaders, clock: Clock): number | undefined {
  const ms =
    number(headers['retry-after-ms']) ??
    retryAfter(headers['retry-after'], clock) ??
    reset(headers, 'requests') ??
    reset(headers, 'tokens');
  return waitAtMost(ms);
}

export const waitAtMost = (ms: number | undefined): number | undefined =>
  ms === undefined ? undefined : Math.min(Math.max(0, Math.ceil(ms)), retryAfterMsMax);

function retryAfter(given: string | undefined, clock: Clock): number | undefined {
  if (given === undefined) return undefined;
  const seconds = number(given);
  if (seconds !== undefined) return seconds * 1_000;
  const date = Date.parse(given);
  return Number.isNaN(date) ? undefined : date - clock.now();
}

function reset(headers: AnswerHeaders, kind: 'requests' | 'tokens'): number | undefined {
  if (headers[`x-ratelimit-remaining-${kind}`] !== '0') return undefined;
  return duration(headers[`x-ratelimit-reset-${kind}`]);
}

/** `1s`, `6m0s`, `120ms`, `1h2m3.5s`. */
export function duration(given: string | string[] | undefined): number | undefined {
  const match = /^(?:(\d+)h)?(?:(\d+)m(?!s))?(?:([\d.]+)s)?(?:([\d.]+)ms)?$/.exec(String(given));
  if (given === undefined || given === '' || !match) return undefined;
  const [h, m, s, ms] = match.slice(1).map((part) => Number(part ?? 0));
  return (((h ?? 0) * 60 + (m ?? 0)) * 60 + (s ?? 0)) * 1_000 + (ms ?? 0);
}

export function number(given: string | string[] | undefined): number | undefined {
  const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}
