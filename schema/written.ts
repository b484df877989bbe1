import { Fault } from '#kernel';

/** What was just written can be read, unless somebody removed it meanwhile. */
export function written<Row>(row: Row | null): Row {
  if (row) return row;
  throw new Fault('NOT_FOUND', { public: 'It was removed meanwhile.' });
}
