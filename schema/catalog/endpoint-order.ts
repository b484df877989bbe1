import type { Endpoint, Model } from '#catalog';
import type { Figures } from '#metrics';
import { performanceOf } from '#metrics';
import type { Rooms } from '../context.ts';
import { describedEnum } from '../described.ts';

type Order = 'PRICE' | 'THROUGHPUT' | 'LATENCY' | 'UPTIME';

export const EndpointOrder = describedEnum('EndpointOrder', 'Which endpoint comes first.', {
  PRICE: 'The cheapest, by 3 prompt tokens + 1 completion token.',
  THROUGHPUT: 'The fastest after the first token, by the median of five minutes.',
  LATENCY: 'The soonest to give a first token, by the median of five minutes.',
  UPTIME: 'The one that answered most of its requests within five minutes.',
} satisfies Record<Order, string>);

/** Less comes first; null, without traffic, comes last and then by price. */
const keys: Readonly<Record<Exclude<Order, 'PRICE'>, (figures: Figures) => number | null>> = {
  THROUGHPUT: ({ tokensPerSecond }) => negative(tokensPerSecond.percentiles()?.p50),
  LATENCY: ({ timeToFirstTokenMs }) => timeToFirstTokenMs.percentiles()?.p50 ?? null,
  UPTIME: (figures) => negative(performanceOf(figures, 0).uptime),
};

const negative = (value: number | null | undefined) => (value == null ? null : -value);

export function endpointsBy(order: Order, { endpoints }: Model, rooms: Rooms): readonly Endpoint[] {
  if (order === 'PRICE') return endpoints;
  const key = new Map(
    endpoints.map(({ id }) => [
      id,
      keys[order](rooms.metrics.live(id, 'FIVE_MINUTES')) ?? Infinity,
    ]),
  );
  const of = ({ id }: Endpoint) => key.get(id) ?? Infinity;
  return endpoints.toSorted((left, right) => compare(of(left), of(right)));
}

/** Infinity less infinity is no number: those without a figure stay as they are. */
const compare = (left: number, right: number) => (left === right ? 0 : left - right);
