import { Fault } from '#kernel';

/** What was just written, or another row refers to, is there, unless it was removed meanwhile. */
export function written<Row>(row: Row | null): Row {
  if (row) return row;
  throw new Fault('NOT_FOUND', { public: 'It was removed meanwhile.' });
}
