import { expect, test } from 'vitest';
import { allStale, noRows, type Rows, readRows } from '../../src/catalog/rows.ts';
import { marketOf, rowsOf, small } from './market-maker.ts';

/** Tables that another node fills, all at once, when so many of them have been asked for. */
function filledAfter(reads: number) {
  let asked = 0;
  const table = (name: keyof Rows) => ({
    findMany: async () => (asked++ < reads ? [] : [...rowsOf(small)[name].values()].flat()),
  });
  return {
    provider: table('providers'),
    model: table('models'),
    endpoint: table('endpoints'),
    priceVersion: table('prices'),
    refusedParameter: table('refusals'),
  } as unknown as Parameters<typeof readRows>[0]; // no more of Prisma is used
}

test.each([0, 1, 2, 3, 4, 5])(
  'what is read while another node imports has a model and a provider, from table %i on',
  async (reads) => {
    const market = marketOf(await readRows(filledAfter(reads), noRows, allStale));
    for (const { endpoints } of market.models) {
      for (const { provider } of endpoints) expect(market.providers).toContain(provider);
    }
  },
);
