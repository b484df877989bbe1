import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Keyset, type PageArgs, tablePage } from '../../schema/rows/paging.ts';

interface Row {
  readonly number: number;
}

/**
 * A table of numbers, newest (highest) first, asked as a database is: a condition, an order, a
 * limit.
 */
const keyset: Keyset<Row, (row: Row) => boolean, 1 | -1> = {
  key: ({ number }) => [String(number)],
  beyond:
    ([at], backward) =>
    ({ number }) =>
      backward ? number > Number(at) : number < Number(at),
  orderBy: (backward) => (backward ? 1 : -1),
};

function page(numbers: readonly number[], args: PageArgs) {
  return tablePage<Row, (row: Row) => boolean, 1 | -1>({
    list: 'numbers',
    args,
    keyset,
    find: async (where, order, take) =>
      numbers
        .map((number) => ({ number }))
        .filter((row) => where?.(row) ?? true)
        .sort((a, b) => order * (a.number - b.number))
        .slice(0, take),
    count: async () => numbers.length,
  });
}

const table = fc.uniqueArray(fc.integer({ min: 0, max: 200 }), { maxLength: 30 });
const size = fc.integer({ min: 1, max: 7 });

async function walk(numbers: readonly number[], count: number, backward: boolean) {
  const seen: number[][] = [];
  let cursor: string | null = null;
  for (;;) {
    const args: PageArgs = backward
      ? { last: count, before: cursor }
      : { first: count, after: cursor };
    const { edges, pageInfo } = await page(numbers, args);
    const rows = edges.map(({ node }) => node.number);
    seen.push(rows);
    const [ahead, behind] = backward
      ? [pageInfo.hasPreviousPage, pageInfo.hasNextPage]
      : [pageInfo.hasNextPage, pageInfo.hasPreviousPage];
    expect(behind).toBe(seen.length > 1);
    if (!ahead) return seen;
    cursor = backward ? pageInfo.startCursor : pageInfo.endCursor;
  }
}

it('a table is walked forwards and backwards without a gap or a repeat', async () => {
  await fc.assert(
    fc.asyncProperty(table, size, async (numbers, count) => {
      const newestFirst = numbers.toSorted((a, b) => b - a);
      expect((await walk(numbers, count, false)).flat()).toEqual(newestFirst);
      expect((await walk(numbers, count, true)).toReversed().flat()).toEqual(newestFirst);
    }),
  );
});

it('rows that come and go between two pages shift nothing', async () => {
  const first = await page([10, 20, 30, 40], { first: 2 });
  const after = first.pageInfo.endCursor;
  const second = await page([5, 10, 20, 50], { first: 2, after });
  expect(second.edges.map(({ node }) => node.number)).toEqual([20, 10]);
  expect(second.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: true });
});
