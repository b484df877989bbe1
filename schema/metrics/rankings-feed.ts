import { isDeepStrictEqual } from 'node:util';
import { type Rank, Tickers } from '#metrics';
import { builder } from '../builder.ts';
import type { Context, Rooms } from '../context.ts';
import { rowsCounted } from '../rows/paging.ts';
import type { Ranked } from './contenders.ts';
import { intervals, type UpdateInterval, UpdateIntervalRef } from './metrics-feed.ts';
import { RankedModelRef, type RankingArguments, rankingArguments, rankingOf } from './rankings.ts';

type Ranking = Rank<Ranked>[];

/** Of each installation that this process serves. */
const tickersOf = new WeakMap<Rooms['metrics'], Tickers<Ranking>>();

const placesOf = (ranking: Ranking) => ranking.map(({ key, ...place }) => [key.slug, place]);

function follow(args: RankingArguments & { interval: UpdateInterval }, context: Context) {
  const { clock, metrics } = context.rooms;
  const tickers = tickersOf.get(metrics) ?? new Tickers<Ranking>();
  tickersOf.set(metrics, tickers);
  const ticker = tickers.of(JSON.stringify(args), {
    clock,
    everyMs: intervals[args.interval],
    compute: () => rankingOf('MODEL', args, context),
    same: (left, right) => isDeepStrictEqual(placesOf(left), placesOf(right)),
    failed: () => undefined, // the last ranking stands until the database answers again
  });
  return ticker.follow((ranking) => ranking);
}

builder.subscriptionField('rankings', (t) =>
  t.field({
    type: [RankedModelRef],
    description:
      'The leaderboard of models: the whole list at once, and again whenever it changed. Public.',
    args: {
      ...rankingArguments,
      interval: t.arg({
        type: UpdateIntervalRef,
        required: true,
        defaultValue: 'ONE_SECOND',
        description: 'How often it may send.',
      }),
    },
    extensions: { feed: true },
    complexity: ({ first }) => ({ field: 20, multiplier: rowsCounted(first) }),
    subscribe: (_root, args, context) => follow(args, context),
    resolve: (ranking) => ranking,
  }),
);
