import { InvalidInput } from '#kernel';
import type { Keyset } from './paging.ts';

/** Newest first by a column of time; rows of one moment by their id. */
export function newestFirst<Column extends string, Where, OrderBy>(
  column: Column,
): Keyset<{ readonly id: string } & Readonly<Record<Column, Date>>, Where, OrderBy[]> {
  return {
    key: (row) => [row[column].toISOString(), row.id],
    beyond([text = '', id = ''], backward) {
      const at = new Date(text);
      if (Number.isNaN(at.getTime())) {
        const path = backward ? 'before' : 'after';
        throw InvalidInput.at(path, 'This is not a cursor of this list.');
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
