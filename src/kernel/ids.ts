import { hash } from 'node:crypto';
import type { Clock } from './clock.ts';
import { base32Digits, secureText } from './random.ts';

/** What an id names. The prefix is part of the public contract (`mdl_…`), the rest is opaque. */
export const idPrefixes = {
  organization: 'org',
  user: 'usr',
  apiKey: 'key',
  membership: 'mem',
  invitation: 'inv',
  providerKey: 'pvk',
  model: 'mdl',
  endpoint: 'end',
  provider: 'prv',
  completion: 'cmp',
  creditAccount: 'acc',
  ledgerEntry: 'led',
  ledgerTransaction: 'ltx',
  purchase: 'pur',
  creditAlert: 'alt',
  allowance: 'alw',
  auditEvent: 'aud',
  price: 'prc',
  session: 'ses',
} as const;

export type IdKind = keyof typeof idPrefixes;

const bodyLength = 26;
const bodyForm = new RegExp(`^[${base32Digits}]{${bodyLength}}$`);

/** A new id that sorts by its time of creation: 48 bits of milliseconds, then 80 bits of chance. */
export function newId(kind: IdKind, clock: Clock): string {
  return `${idPrefixes[kind]}_${encode(clock.now(), 10)}${secureText(16, base32Digits)}`;
}

/**
 * The id of a thing that is known by a natural key, the same on every install: a hash of that key.
 */
export function derivedId(kind: IdKind, naturalKey: string): string {
  const digest = hash('sha256', `${kind}:${naturalKey}`, 'buffer');
  let body = '';
  for (let index = 0; index < bodyLength; index++) body += base32Digits[(digest[index] ?? 0) & 31];
  return `${idPrefixes[kind]}_${body}`;
}

/**
 * The id of a completion: time (10), session number (7), counter (5), chance (4), which its room
 * replaces by a tag. Any node can tell from it which session ran the completion, also when that
 * session is dead.
 */
export function completionId(atMs: number, session: number, counter: number): string {
  const run = encode(session, 7) + encode(counter % 32 ** 5, 5);
  return `${idPrefixes.completion}_${encode(atMs, 10)}${run}${secureText(4, base32Digits)}`;
}

/** Creation time and session of a completion id; null when it is not one. */
export function readCompletionId(id: string): { atMs: number; session: number } | null {
  if (!isId('completion', id) || !bodyForm.test(id.slice(4))) return null;
  return { atMs: decode(id.slice(4, 14)), session: decode(id.slice(14, 21)) };
}

/**
 * True when `id` is one of this kind by its prefix, which is all of an id that callers know: one
 * that nobody has given out is not found, like any other that is not there.
 */
export function isId(kind: IdKind, id: string): boolean {
  return form.exec(id)?.[1] === idPrefixes[kind];
}

/** The kind that an id's prefix names, or null when it is no id of ours. */
export function idKind(id: string): IdKind | null {
  return kinds.get(form.exec(id)?.[1] ?? '') ?? null;
}

const form = /^([a-z]{3})_[!-~]{1,100}$/;

const kinds: ReadonlyMap<string, IdKind> = new Map(
  Object.entries(idPrefixes).map(([kind, prefix]) => [prefix, kind as IdKind]),
);

function encode(value: number, length: number): string {
  let rest = Math.floor(value);
  let text = '';
  for (let index = 0; index < length; index++) {
    text = base32Digits[rest % 32] + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

function decode(text: string): number {
  let value = 0;
  for (const letter of text) value = value * 32 + base32Digits.indexOf(letter);
  return value;
}
