import type { InputIssue } from '#kernel';
import { looksLikeOurs } from '../keys/api-key-form.ts';

const nameMax = 100;

/**
 * What is wrong with a name that people give: nothing, or one issue. Names are shown and logged, so
 * none is a key.
 */
export function nameIssues(path: string, name: string): InputIssue[] {
  const accepted = `1 to ${nameMax} characters, no line breaks`;
  const trimmed = name.trim();
  if (trimmed === '') return [{ path, message: 'A name is needed.', accepted }];
  if (trimmed.length > nameMax) return [{ path, message: 'The name is too long.', accepted }];
  if (/[\p{Cc}\p{Cs}]/u.test(trimmed))
    return [{ path, message: 'The name has control characters.', accepted }];
  if (trimmed.split(/\s+/).some(looksLikeOurs)) {
    return [{ path, message: 'The name holds a secret key.', accepted: 'a name without one' }];
  }
  return [];
}

/** Of a name that nobody here can ask again about, what may stand; empty when nothing may. */
export function fittingName(name: string): string {
  const plain = name.replace(/[\p{Cc}\p{Cs}\s]+/gu, ' ').trim();
  const cut = plain.slice(0, nameMax).toWellFormed().trim();
  return nameIssues('name', cut).length === 0 ? cut : '';
}
