import { type Keyset, notOfThisList } from './paging.ts';

/** What a number of a row can be: an integer of eight bytes above zero. */
const numberForm = /^\d{1,18}$/;

/** Newest first by a number that is unique in the list and rises with time. */
export function newestNumber<Column extends string, Where, OrderBy>(
  column: Column,
): Keyset<Readonly<Record<Column, bigint>>, Where, OrderBy> {
  return {
    key: (row) => [String(row[column])],
    beyond([text = ''], backward) {
      if (!numberForm.test(text)) throw notOfThisList(backward ? 'before' : 'after');
      // The caller names a table that has the column.
      return { [column]: { [backward ? 'gt' : 'lt']: BigInt(text) } } as Where;
    },
    orderBy: (backward) => ({ [column]: backward ? 'asc' : 'desc' }) as OrderBy, // the same
  };
}
