import type { Endpoint, Model, Provider } from '#catalog';
import { InvalidInput } from '#kernel';
import {
  type FeedState,
  type FeedTick,
  type FeedUpdate,
  Figures,
  isShort,
  type MetricsWindow,
  sameTick,
  Tickers,
  tickOf,
  updateOf,
} from '#metrics';
import { modelNamed } from '#routing';
import { builder } from '../builder.ts';
import { EndpointStatus } from '../catalog/endpoint.ts';
import { bestOf } from '../catalog/market-order.ts';
import type { Context, Rooms } from '../context.ts';
import { describedEnum } from '../described.ts';
import { EndpointRef, ModelRef, ProviderRef } from '../refs.ts';
import { type Measured, MetricsWindowRef, PerformanceMetricsRef } from './performance.ts';

type Update = FeedUpdate<Endpoint> & { readonly window: MetricsWindow; readonly floor: number };

/** What is shown of a group: its figures, and who they are of. */
interface Group<Subject> extends Measured {
  readonly subject: Subject;
  readonly states: readonly FeedState<Endpoint>[];
}

/** What the router said of it when the update was made. */
const statusOf = ({ status }: FeedState<Endpoint>) =>
  status as ReturnType<Rooms['router']['status']>['status'];

export const intervals = {
  QUARTER_SECOND: 250,
  HALF_SECOND: 500,
  ONE_SECOND: 1_000,
  FIVE_SECONDS: 5_000,
  THIRTY_SECONDS: 30_000,
  ONE_MINUTE: 60_000,
} as const;

export type UpdateInterval = keyof typeof intervals;

export const UpdateIntervalRef = describedEnum(
  'UpdateInterval',
  'How often a feed may send. Fixed steps, so that subscribers share one computation.',
  {
    QUARTER_SECOND: 'At most four times a second.',
    HALF_SECOND: 'At most twice a second.',
    ONE_SECOND: 'At most once a second.',
    FIVE_SECONDS: 'At most every five seconds.',
    THIRTY_SECONDS: 'At most every thirty seconds.',
    ONE_MINUTE: 'At most once a minute.',
  } satisfies Record<UpdateInterval, string>,
);

const MetricsFilterRef = builder.inputType('MetricsFilter', {
  description: 'Which endpoints a feed is of. Both given: of these providers and these models.',
  fields: (t) => ({
    providers: t.stringList({
      description: 'Slugs of providers, at most 100; their order has no meaning.',
    }),
    models: t.stringList({
      description: 'Slugs of models, at most 100; their order has no meaning.',
    }),
  }),
});

const statusText = 'Whether it can serve, as of this update.';
const metricsText = 'The figures of this update, over the window of the subscription.';

const EndpointMetricsRef = builder
  .objectRef<FeedState<Endpoint> & Measured>('EndpointMetrics')
  .implement({
    description: "An endpoint's figures in one update.",
    fields: (t) => ({
      endpoint: t.expose('item', { type: EndpointRef, description: 'Whose figures these are.' }),
      status: t.field({
        type: EndpointStatus,
        description: statusText,
        resolve: statusOf,
      }),
      metrics: t.field({
        type: PerformanceMetricsRef,
        description: metricsText,
        resolve: (state) => state,
      }),
    }),
  });

const ProviderMetricsRef = builder.objectRef<Group<Provider>>('ProviderMetrics').implement({
  description: "A provider's figures in one update: its endpoints within the filter, merged.",
  fields: (t) => ({
    provider: t.expose('subject', { type: ProviderRef, description: 'Whose figures these are.' }),
    status: t.field({
      type: EndpointStatus,
      description: 'The status of its best endpoint within the filter; DISABLED without one.',
      resolve: ({ states }) => bestOf(states.map(statusOf)),
    }),
    metrics: t.field({
      type: PerformanceMetricsRef,
      description: metricsText,
      resolve: (group) => group,
    }),
  }),
});

const ModelMetricsRef = builder.objectRef<Group<Model>>('ModelMetrics').implement({
  description: "A model's figures in one update: its endpoints within the filter, merged.",
  fields: (t) => ({
    model: t.expose('subject', { type: ModelRef, description: 'Whose figures these are.' }),
    metrics: t.field({
      type: PerformanceMetricsRef,
      description: metricsText,
      resolve: (group) => group,
    }),
  }),
});

/** Those of whose endpoints one has changed or is gone, with the figures of all in the filter. */
function grouped<Subject extends { readonly id: string }>(
  { changed, removed, all, window, floor }: Update,
  of: (endpoint: Endpoint) => Subject,
): Group<Subject>[] {
  const groups = Map.groupBy(all, ({ item }) => of(item).id);
  const touched = new Map([...removed, ...changed].map(({ item }) => [of(item).id, of(item)]));
  return [...touched].map(([id, known]) => {
    const states = groups.get(id) ?? [];
    const subject = states[0] ? of(states[0].item) : known;
    return {
      subject,
      states,
      figures: Figures.view(states.map((one) => one.figures)),
      window,
      floor,
    };
  });
}

const MetricsUpdateRef = builder.objectRef<Update>('MetricsUpdate').implement({
  description:
    'What changed. Select `endpoint { id status metrics(window: $w) }` and `provider { id ' +
    "metrics(window: $w) }` with the subscription's own window: they are this tick's values, and " +
    'a normalised cache updates every screen.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'When the figures were computed.' }),
    snapshot: t.exposeBoolean('snapshot', {
      description: 'True on the first update after (re-)subscribing: replace everything.',
    }),
    endpoints: t.field({
      type: [EndpointMetricsRef],
      description: 'Endpoints that changed; on a snapshot all.',
      resolve: ({ changed, window, floor }) =>
        changed.map((state) => ({ ...state, window, floor })),
    }),
    providers: t.field({
      type: [ProviderMetricsRef],
      description: 'The same, merged per provider of the filter.',
      resolve: (update) => grouped(update, ({ provider }) => provider),
    }),
    models: t.field({
      type: [ModelMetricsRef],
      description: 'The same, merged per model of the filter.',
      resolve: (update) => grouped(update, ({ model }) => model),
    }),
    removedEndpointIds: t.field({
      type: ['ID'],
      description: 'No longer offered, or no longer in the filter.',
      resolve: ({ removed }) => removed.map(({ id }) => id),
    }),
  }),
});

interface FeedArguments {
  readonly filter?: Filter | null | undefined;
  readonly window: MetricsWindow;
  readonly interval: UpdateInterval;
}

interface Filter {
  readonly providers?: readonly string[] | null | undefined;
  readonly models?: readonly string[] | null | undefined;
}

const namesMax = 100;

function checked(filter: Filter): Filter {
  for (const field of ['providers', 'models'] as const) {
    const count = filter[field]?.length ?? 0;
    if (count <= namesMax) continue;
    throw InvalidInput.at(`filter.${field}`, `It has ${count} names.`, `at most ${namesMax}`);
  }
  return filter;
}

/** The endpoints that are offered now and in the filter; names that nobody has match nothing. */
function endpointsIn({ providers, models }: Filter, { catalog }: Rooms): Endpoint[] {
  const market = catalog.market();
  const wanted = models && new Set(models.map((slug) => modelNamed(market, slug)?.id));
  return market.models
    .filter(({ id }) => !wanted || wanted.has(id))
    .flatMap(({ endpoints }) => endpoints)
    .filter(({ provider }) => !providers || providers.includes(provider.slug));
}

/** Of each installation that this process serves. */
const tickersOf = new WeakMap<Rooms['metrics'], Tickers<FeedTick<Endpoint>>>();

function tickerOf({ filter, window, interval }: FeedArguments, rooms: Rooms) {
  const { providers, models } = checked(filter ?? {});
  const key = JSON.stringify([providers?.toSorted(), models?.toSorted(), window, interval]);
  const tickers = tickersOf.get(rooms.metrics) ?? new Tickers<FeedTick<Endpoint>>();
  tickersOf.set(rooms.metrics, tickers);
  return tickers.of(key, {
    clock: rooms.clock,
    everyMs: intervals[interval],
    same: sameTick,
    failed: () => undefined, // the last tick stands until the database answers again
    async compute() {
      const figures = await figuresOf(endpointsIn({ providers, models }, rooms), window, rooms);
      const states = statesOf(figures, rooms);
      return tickOf(new Date(rooms.clock.now()), states, rooms.platform.publicTrafficFloor);
    },
  });
}

/** Short windows are in memory: nothing is waited for a thousand times. */
async function figuresOf(
  endpoints: readonly Endpoint[],
  window: MetricsWindow,
  { metrics }: Rooms,
): Promise<[Endpoint, Figures][]> {
  if (isShort(window)) return endpoints.map((one) => [one, metrics.live(one.id, window)]);
  return Promise.all(
    endpoints.map(
      async (one): Promise<[Endpoint, Figures]> => [one, await metrics.figures([one.id], window)],
    ),
  );
}

function* statesOf(figures: readonly [Endpoint, Figures][], { router }: Rooms) {
  for (const [item, performed] of figures) {
    yield { id: item.id, item, status: router.status(item).status, figures: performed };
  }
}

/** Those of one ticker have one window, so that all its followers are given the same object. */
const shown = new WeakMap<FeedUpdate<Endpoint>, Update>();

function updates(args: FeedArguments, { rooms }: Context) {
  const { publicTrafficFloor: floor } = rooms.platform;
  const { window } = args;
  return tickerOf(args, rooms).follow((tick, before) => {
    const update = updateOf(before, tick);
    const whole = shown.get(update) ?? { ...update, window, floor };
    shown.set(update, whole);
    return whole;
  });
}

builder.subscriptionField('providerMetrics', (t) =>
  t.field({
    type: MetricsUpdateRef,
    description:
      'How endpoints perform, live: a full snapshot first, then the endpoints that changed. An ' +
      'idle feed sends nothing; a slow reader gets the newest state, never a backlog. Public.',
    args: {
      filter: t.arg({ type: MetricsFilterRef, description: 'Which endpoints; all when absent.' }),
      window: t.arg({
        type: MetricsWindowRef,
        required: true,
        defaultValue: 'FIVE_MINUTES',
        description: 'How far back the figures reach.',
      }),
      interval: t.arg({
        type: UpdateIntervalRef,
        required: true,
        defaultValue: 'ONE_SECOND',
        description: 'How often it may send.',
      }),
    },
    extensions: { feed: true },
    complexity: 20,
    subscribe: (_root, args, context) => updates(args, context),
    resolve: (update) => update,
  }),
);
