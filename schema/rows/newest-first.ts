import { type Keyset, notOfThisList } from './paging.ts';

/** A year from 0001 to 9999: times beyond are none that the database can name. */
const timeForm = /^(?!0000)\d{4}-/;

/** Newest first by a column of time; rows of one moment by their id. */
export function newestFirst<Column extends string, Where, OrderBy>(
  column: Column,
): Keyset<{ readonly id: string } & Readonly<Record<Column, Date>>, Where, OrderBy[]> {
  return {
    key: (row) => [row[column].toISOString(), row.id],
    beyond([text = '', id = ''], backward) {
      const at = new Date(text);
      if (!timeForm.test(text) || Number.isNaN(at.getTime())) {
        throw notOfThisList(backward ? 'before' : 'after');
      }
      const side = backward ? 'gt' : 'lt';
      const OR = [{ [column]: { [side]: at } }, { [column]: at, id: { [side]: id } }];
      return { OR } as Where; // the caller names a table that has the column
    },
    orderBy(backward) {
      const order = backward ? 'asc' : 'desc';
      return [{ [column]: order }, { id: order }] as OrderBy[]; // the same
    },
  };
}
