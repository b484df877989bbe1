import type { z } from 'zod';
import { InvalidInput, issuesMax } from '#kernel';

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
  throw new InvalidInput(
    read.error.issues
      .slice(0, issuesMax)
      .flatMap(inner)
      .map(({ path, message }) => ({
        path: path.join('.') || whole,
        message: `${message.replace(/\.$/, '')}.`,
      })),
  );
}

type Issue = Pick<z.core.$ZodIssue, 'path' | 'message'>;

/**
 * Of forms that a value may have, the one that it comes closest to is the one that was meant: its
 * faults lie inside.
 */
function inner(issue: z.core.$ZodIssue): Issue[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownAt(issue, key));
  if (issue.code !== 'invalid_union') return [issue];
  const meant = issue.errors.find((issues) => issues.every(({ path }) => path.length > 0));
  if (!meant?.length) return [{ path: issue.path, message: messageOf(issue) }];
  return meant.flatMap(inner).map(({ path, message }) => ({
    path: [...issue.path, ...path],
    message,
  }));
}

const unknownAt = ({ path }: Issue, key: string): Issue => ({
  path: [...path, key],
  message: 'There is no parameter of this name',
});

/** A form that has words of its own for what is wrong keeps them; else what it takes is listed. */
function messageOf({ message, errors }: z.core.$ZodIssueInvalidUnion): string {
  const expected = new Set(errors.flat().flatMap(expectedBy));
  return message === 'Invalid input' && expected.size > 0
    ? `Invalid input: expected ${[...expected].join(' or ')}`
    : message;
}

function expectedBy(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'invalid_type') return [issue.expected];
  if (issue.code === 'invalid_value') return issue.values.map((value) => JSON.stringify(value));
  return issue.code === 'invalid_union' ? issue.errors.flat().flatMap(expectedBy) : [];
}
