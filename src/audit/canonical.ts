import { createHash } from 'node:crypto';

/** What an event says beyond who, what and whom: plain data, whole numbers only, never a secret. */
export type AuditDetail =
  | string
  | number
  | boolean
  | null
  | readonly AuditDetail[]
  | { readonly [name: string]: AuditDetail };

export type AuditDetails = Readonly<Record<string, AuditDetail>>;

export interface CanonicalFields {
  readonly chain: string;
  readonly id: string;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly details: AuditDetails;
}

/**
 * The one text of an event: JSON without spaces, a list in fixed order, names sorted. The database
 * may give the names of `details` back in another order; the text is the same. A user agent stands
 * last, and only where there is one: events from before it was kept have the text that they had.
 */
export function canonicalText(event: CanonicalFields): string {
  const { chain, id, at, actor, action, subject, address, userAgent, details } = event;
  const said = userAgent === null ? [] : [userAgent];
  return JSON.stringify(
    [chain, id, at.toISOString(), actor, action, subject, address, details, ...said],
    (_name, value) => (isRecord(value) ? sorted(value) : value),
  );
}

/**
 * The hash of an event: SHA-256 over its predecessor's hash (empty for the first), a line feed, its
 * text.
 */
export function linkHash(previous: string, text: string): string {
  return createHash('sha256').update(`${previous}\n${text}`).digest('hex');
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function sorted(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
