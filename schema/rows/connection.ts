import type { ObjectRef } from '@pothos/core';
import { builder, type SchemaShape } from '../builder.ts';
import {
  type Connection,
  type Edge,
  type PageInfo,
  pageSizeDefault,
  rowsCounted,
} from './paging.ts';

type Shape = PothosSchemaTypes.ExtendDefaultTypes<SchemaShape>;

export const PageInfoRef = builder.objectRef<PageInfo>('PageInfo').implement({
  description: 'Where the page is in its list; cursors are opaque.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', {
      description: 'There is more after `endCursor`: ask with `first` and `after`.',
    }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', {
      description: 'There is more before `startCursor`: ask with `last` and `before`.',
    }),
    startCursor: t.exposeString('startCursor', {
      nullable: true,
      description: 'Cursor of the first row; null on an empty page.',
    }),
    endCursor: t.exposeString('endCursor', {
      nullable: true,
      description: 'Cursor of the last row; null on an empty page.',
    }),
  }),
});

/** Above this many rows a counted list says null: counting them would cost more than it tells. */
export const countMax = 10_000;

/**
 * The connection and edge types of a list of `node`. `counted: 'bounded'` for lists that grow
 * without end. The type of an edge stands beside the page's, as `edge`.
 */
export function connectionOf<Row extends object>(options: {
  node: ObjectRef<Shape, Row>;
  of: string;
  counted?: 'exactly' | 'bounded';
}) {
  const { node, of } = options;
  const name = node.name;
  const bounded = options.counted === 'bounded';
  const capped = (count: number) => (bounded && count > countMax ? null : count) as number;
  const Edge = builder.objectRef<Edge<Row>>(`${name}Edge`).implement({
    description: `One row of a list of ${of}.`,
    fields: (t) => ({
      cursor: t.exposeString('cursor', {
        description: 'Its place in this list, for `after` and `before`; belongs to this list only.',
      }),
      node: t.field({
        type: node,
        description: 'The row itself.',
        resolve: (edge) => edge.node as never, // a row is what its type is made of
      }),
    }),
  });
  const Page = builder.objectRef<Connection<Row>>(`${name}Connection`).implement({
    description: `A page of ${of}.`,
    fields: (t) => ({
      edges: t.expose('edges', {
        type: [Edge],
        description: 'The rows, each with its cursor.',
        complexity: { field: 0, multiplier: 1 },
      }),
      nodes: t.field({
        type: [node],
        description: 'The rows without cursors.',
        complexity: { field: 0, multiplier: 1 },
        resolve: ({ edges }) => edges.map((edge) => edge.node),
      }),
      pageInfo: t.expose('pageInfo', {
        type: PageInfoRef,
        description: 'Where this page is in the list.',
        complexity: 0,
      }),
      totalCount: t.int({
        nullable: bounded,
        description: bounded
          ? `Rows in the whole list; null above ${countMax.toLocaleString('en')}.`
          : 'Rows in the whole list.',
        resolve: async (connection) => capped(await connection.totalCount()),
      }),
    }),
  });
  return Object.assign(Page, { edge: Edge });
}

/** What a page costs: one point, and the rows as often as they may come. */
export function pageCost(args: {
  first?: number | null | undefined;
  last?: number | null | undefined;
}) {
  const rows = args.first ?? args.last ?? pageSizeDefault;
  return { field: 1, multiplier: rowsCounted(rows) };
}

const cursorText = 'A cursor of another list is INVALID_INPUT.';

/** Arguments of a list that can be walked forwards only. */
export const forwardArgs = builder.args((t) => ({
  first: t.int({ description: 'How many rows, 1 to 100, else INVALID_INPUT; 20 when absent.' }),
  after: t.string({ description: `Rows after this one. ${cursorText}` }),
}));

/** Arguments of a list that can be walked both ways. */
export const pageArgs = {
  ...forwardArgs,
  ...builder.args((t) => ({
    last: t.int({
      description: 'How many rows from the end, 1 to 100; not together with `first`.',
    }),
    before: t.string({ description: `With \`last\`: rows before this one. ${cursorText}` }),
  })),
};
