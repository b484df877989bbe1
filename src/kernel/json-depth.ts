/**
 * Nested deeper than this, JSON of callers and of providers is refused: whoever walks, compares or
 * writes it does so by recursion, and a stack that overflows takes the process with it.
 */
export const jsonDepthMax = 32;

/** Whether a value has at most so many objects and lists inside one another. */
export function nestedWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => nestedWithin(inner, levels - 1));
}
