import type { z } from 'zod';
import { InvalidInput } from '#kernel';

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
    read.error.issues.flatMap(inner).map(({ path, message }) => ({
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
  if (issue.code !== 'invalid_union') return [issue];
  const meant = issue.errors.find((issues) => issues.every(({ path }) => path.length > 0));
  if (!meant?.length) return [issue];
  return meant.flatMap(inner).map(({ path, message }) => ({
    path: [...issue.path, ...path],
    message,
  }));
}
