import type { Model } from '#catalog';
import { type Contender, type MetricsWindow, type Rank, type RankingMetric, rank } from '#metrics';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { describedEnum } from '../described.ts';
import { ModelRef, ProviderRef } from '../refs.ts';
import { readPage, rowsCounted } from '../rows/paging.ts';
import { contendersOf, type Ranked, type RankingSubject } from './contenders.ts';
import { MetricsWindowRef } from './performance.ts';

const RankingMetricRef = describedEnum('RankingMetric', 'What is ranked by.', {
  TOKENS: 'Tokens that were paid for, prompt and completion; most first.',
  REQUESTS: 'Requests that were paid for; most first.',
  SPEND: 'US dollars that were charged, fee included; most first.',
  GROWTH: 'Tokens against the window before, as a fraction; most first.',
  THROUGHPUT: 'Median tokens per second after the first; fastest first.',
  LATENCY: 'Median time to first token in milliseconds; soonest first.',
  PRICE: 'US dollars paid per million tokens, fee excluded; lowest first.',
});

const RankingSubjectRef = describedEnum('RankingSubject', 'What is ranked.', {
  MODEL: 'Models.',
  PROVIDER: 'Providers.',
  AUTHOR: 'Authors of models, all of their models together.',
  APP: 'Applications that name themselves, by `input.app` or HTTP-Referer and X-Title.',
});

const texts = {
  rank: 'Place, from 1.',
  previousRank: 'Place in the window before; null when it had none, and by GROWTH.',
  value: 'Exact, in the unit of the metric.',
  share: 'Of the total of the window, 0 to 1; for TOKENS, REQUESTS and SPEND, else null.',
  change: 'Against the window before, as a fraction: 0.25 is a quarter more; null without one.',
};

export const RankedModelRef = builder.objectRef<Rank<Ranked>>('RankedModel').implement({
  description: 'A place in the ranking of models.',
  fields: (t) => ({
    rank: t.exposeInt('rank', { description: texts.rank }),
    previousRank: t.exposeInt('previousRank', { nullable: true, description: texts.previousRank }),
    model: t.field({
      type: ModelRef,
      description: 'Whose place it is.',
      resolve: ({ key }) => key.model as Model, // models alone are ranked here
    }),
    value: t.expose('value', { type: 'Decimal', description: texts.value }),
    share: t.exposeFloat('share', { nullable: true, description: texts.share }),
    change: t.exposeFloat('change', { nullable: true, description: texts.change }),
  }),
});

const RankedRef = builder.objectRef<Rank<Ranked>>('Ranked').implement({
  description: 'A place in a ranking.',
  fields: (t) => ({
    rank: t.exposeInt('rank', { description: texts.rank }),
    previousRank: t.exposeInt('previousRank', { nullable: true, description: texts.previousRank }),
    subject: t.field({
      type: RankingSubjectRef,
      description: 'What kind of thing is ranked.',
      resolve: ({ key }) => key.subject,
    }),
    name: t.string({ description: 'Name for people.', resolve: ({ key }) => key.name }),
    slug: t.string({
      description: 'Stable name; of an application, its name.',
      resolve: ({ key }) => key.slug,
    }),
    model: t.field({
      type: ModelRef,
      nullable: true,
      description: 'The model, when models are ranked.',
      resolve: ({ key }) => key.model,
    }),
    provider: t.field({
      type: ProviderRef,
      nullable: true,
      description: 'The provider, when providers are ranked.',
      resolve: ({ key }) => key.provider,
    }),
    value: t.expose('value', { type: 'Decimal', description: texts.value }),
    share: t.exposeFloat('share', { nullable: true, description: texts.share }),
    change: t.exposeFloat('change', { nullable: true, description: texts.change }),
  }),
});

export interface RankingArguments {
  readonly by: RankingMetric;
  readonly window: MetricsWindow;
  readonly first: number;
}

/** The best of a kind; figures below the public floor are left out. */
export async function rankingOf(
  subject: RankingSubject,
  { by, window, first }: RankingArguments,
  { rooms }: Context,
): Promise<Rank<Ranked>[]> {
  const { size } = readPage('rankings', { first });
  const contenders: Contender<Ranked>[] = await contendersOf(subject, window, rooms);
  const { publicTrafficFloor: floor } = rooms.platform;
  return rank(rooms.metrics, contenders, { by, window, first: size, floor });
}

export const rankingArguments = builder.args((t) => ({
  by: t.field({
    type: RankingMetricRef,
    required: true,
    defaultValue: 'TOKENS',
    description: 'What is ranked by.',
  }),
  window: t.field({
    type: MetricsWindowRef,
    required: true,
    defaultValue: 'ONE_WEEK',
    description: 'How far back it reaches.',
  }),
  first: t.int({
    required: true,
    defaultValue: 20,
    description: 'How many places, 1 to 100, else INVALID_INPUT.',
  }),
}));

const publicText = 'Free, simulated and local traffic does not count. Public.';

builder.queryFields((t) => ({
  rankings: t.field({
    type: [RankedModelRef],
    nullable: true,
    description: `The public leaderboard of models over settled traffic. ${publicText}`,
    args: rankingArguments,
    complexity: ({ first }) => ({ field: 20, multiplier: rowsCounted(first) }),
    resolve: (_root, args, context) => rankingOf('MODEL', args, context),
  }),
  leaderboard: t.field({
    type: [RankedRef],
    nullable: true,
    description: `Models, providers, authors or applications over settled traffic. ${publicText}`,
    args: {
      subject: t.arg({ type: RankingSubjectRef, required: true, description: 'What is ranked.' }),
      ...rankingArguments,
    },
    complexity: ({ first }) => ({ field: 20, multiplier: rowsCounted(first) }),
    resolve: (_root, { subject, ...args }, context) => rankingOf(subject, args, context),
  }),
}));
