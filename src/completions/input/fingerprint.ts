import { createHmac, createSecretKey } from 'node:crypto';
import type { Cipher } from '#identity';
import type { CompletionRequest } from './request.ts';

/** Tells one input from another, on every node alike and after a restart. */
export type Fingerprint = (request: CompletionRequest) => string;

/**
 * A keyed hash (HMAC-SHA-256) of the normalised input: defaults are in it, the order of an object's
 * keys is not. A plain hash of a prompt would be content kept, since a guess could be tried on it.
 */
export function fingerprints(cipher: Pick<Cipher, 'derive'>): Fingerprint {
  const key = createSecretKey(cipher.derive('idempotency 1'));
  return (request) => createHmac('sha256', key).update(canonical(request)).digest('base64url');
}

/** JSON with sorted keys and without what is absent: order has no meaning, null is absent. */
function canonical(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const fields = Object.entries(value)
    .filter(([, field]) => field !== null && field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`);
  return `{${fields.join(',')}}`;
}
