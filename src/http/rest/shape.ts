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
    read.error.issues.map(({ path, message }) => ({
      path: path.join('.') || whole,
      message: `${message.replace(/\.$/, '')}.`,
    })),
  );
}
