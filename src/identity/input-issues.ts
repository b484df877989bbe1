import {
  type IdKind,
  type InputIssue,
  InvalidInput,
  idPrefixes,
  isId,
  type Money,
  moneyOrNull,
  parseMoney,
} from '#kernel';

/** Says all that is wrong with an input in one InvalidInput; nothing when nothing is. */
export function refuseIfAny(issues: readonly InputIssue[]): void {
  if (issues.length > 0) throw new InvalidInput(issues);
}

/** An absent id has no issue. */
export function idIssues(
  kind: IdKind,
  path: string,
  id: string | null | undefined,
): readonly InputIssue[] {
  if (id == null || isId(kind, id)) return [];
  const accepted = `an id that starts with ${idPrefixes[kind]}_`;
  return [{ path, message: 'This is not an id of the right kind.', accepted }];
}

/** Of an update: null would clear the field, and it cannot be empty. */
export function clearedIssues(path: string, value: unknown): readonly InputIssue[] {
  if (value !== null) return [];
  const accepted = 'a value; leave the field out to keep what it is';
  return [{ path, message: 'This cannot be cleared.', accepted }];
}

/**
 * What is wrong with a limit in US dollars: an exact decimal, null for no limit, `above` 0n or
 * -1n to allow none at all.
 */
export function limitIssues(
  path: string,
  text: string | null | undefined,
  above: 0n | -1n,
): readonly InputIssue[] {
  if (text == null) return [];
  if ((moneyOrNull(text) ?? above) > above) return [];
  const least = above === 0n ? 'above 0' : '0 or above';
  const accepted = `an amount ${least} with at most 12 decimals, or null for no limit`;
  return [{ path, message: 'This cannot be a limit.', accepted }];
}

/** The amount of a decimal that has no issues. */
export const limitOf = (text: string | null | undefined): Money | null =>
  text == null ? null : parseMoney(text);
