import type { z } from 'zod';
import { type InputIssue, InvalidInput, issuesMax } from '#kernel';
import { sentenceOf } from './shape-words.ts';

/**
 * What came, in the shape that it must have. InvalidInput names every field that is wrong, or the
 * whole.
 */
export function inShape<Shape extends z.ZodType>(
  shape: Shape,
  given: unknown,
  whole: 'body' | 'query' = 'body',
): z.infer<Shape> {
  const read = shape.safeParse(given);
  if (read.success) return read.data;
  const issues = read.error.issues.slice(0, issuesMax).flatMap((issue) => inner(issue));
  throw new InvalidInput(issues.map((issue) => told(issue, given, whole)));
}

/** An issue of zod, and the path from the whole to it. */
interface Found {
  readonly path: readonly PropertyKey[];
  readonly issue: z.core.$ZodIssue | null;
}

function told({ path, issue }: Found, given: unknown, whole: string): InputIssue {
  const sentence = issue
    ? sentenceOf(issue, valueAt(given, path))
    : { message: 'There is no parameter of this name.' };
  return { path: path.join('.') || whole, ...sentence };
}

const valueAt = (given: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, step) => (value as Record<PropertyKey, unknown> | null | undefined)?.[step],
    given,
  );

/**
 * Of forms that a value may have, the one that it comes closest to is the one that was meant: its
 * faults lie inside.
 */
function inner(issue: z.core.$ZodIssue, above: readonly PropertyKey[] = []): Found[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], issue: null }));
  }
  if (issue.code !== 'invalid_union') return [{ path, issue }];
  const meant = issue.errors.find((issues) => issues.every((each) => each.path.length > 0));
  if (!meant?.length) return [{ path, issue }];
  return meant.flatMap((each) => inner(each, path));
}
