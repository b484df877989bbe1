import { type Pricing, pricingOf } from '#catalog';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { PricingRef } from '../refs.ts';
import { readPage } from '../rows/paging.ts';

interface PriceVersion {
  readonly from: Date;
  readonly until: Date | null;
  readonly pricing: Pricing;
}

export const PriceVersionRef = builder.objectRef<PriceVersion>('PriceVersion').implement({
  description: 'A price and when it was in force. A new price never rewrites what was charged.',
  fields: (t) => ({
    from: t.expose('from', { type: 'DateTime', description: 'From when it was in force.' }),
    until: t.expose('until', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when, itself excluded; null while it is in force.',
    }),
    pricing: t.expose('pricing', { type: PricingRef, description: 'The price.' }),
    source: t.string({
      nullable: true,
      description: 'Where the price was from.',
      resolve: ({ pricing }) => pricing.source,
    }),
  }),
});

/** The versions of an endpoint's price, newest first. */
export async function priceHistory(
  endpointId: string,
  { since, first }: { readonly since?: Date | null | undefined; readonly first: number },
  { rooms }: Context,
): Promise<PriceVersion[]> {
  const { size } = readPage('prices', { first });
  const then = since ? { OR: [{ until: null }, { until: { gt: since } }] } : {};
  const rows = await rooms.storage.prisma.priceVersion.findMany({
    where: { endpointId, ...then },
    orderBy: [{ from: 'desc' }, { id: 'desc' }],
    take: size,
  });
  return rows.map((row) => ({ from: row.from, until: row.until, pricing: pricingOf(row) }));
}
