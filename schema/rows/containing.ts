/**
 * Has this part, in any letter case. Prisma hands it to ILIKE as it is, where `%` and `_` stand for
 * any text: here they are letters like others.
 */
export const containing = (part: string) => ({
  contains: part.replace(/[\\%_]/g, '\\$&'),
  mode: 'insensitive' as const,
});
