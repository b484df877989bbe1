import { type CatalogChange, pricingOf, withPrices } from '#catalog';
import { InvalidInput } from '#kernel';
import { modelNamed } from '#routing';
import type { Prisma } from '#storage';
import { builder } from '../builder.ts';
import type { Rooms } from '../context.ts';
import { describedEnum } from '../described.ts';
import { EndpointRef, ModelRef, PricingRef, ProviderRef } from '../refs.ts';
import { connectionOf, pageArgs, pageCost } from '../rows/connection.ts';
import { newestNumber } from '../rows/newest-number.ts';
import { cursorOf, type PageArgs, readCursor, tablePage } from '../rows/paging.ts';
import { EndpointStatus } from './endpoint.ts';

const Kind = describedEnum('CatalogChangeKind', 'What happened to the market.', {
  MODEL_ADDED: 'A model was added, or offered again.',
  MODEL_CHANGED: 'Facts about a model changed; `reason` names the fields.',
  MODEL_DEPRECATED: 'A model has a date on which its author retires it.',
  MODEL_REMOVED: 'A model is no longer offered.',
  ENDPOINT_ADDED: 'A provider offers a model, or offers it again; `newPricing` is the price.',
  ENDPOINT_CHANGED: 'Facts about an endpoint changed; `reason` names the fields.',
  ENDPOINT_PRICE_CHANGED:
    "An endpoint's price changed; `previousPricing` and `newPricing` have both.",
  ENDPOINT_STATUS_CHANGED: 'An endpoint can serve, or cannot; `reason` says why it is not UP.',
  ENDPOINT_REMOVED: 'A provider no longer offers a model.',
  PROVIDER_ADDED: 'A provider was added, or is back.',
  PROVIDER_CHANGED: 'Facts about a provider changed; `reason` names the fields.',
  PROVIDER_REMOVED: 'A provider is gone.',
});

const list = 'catalogChanges';

const cursorOfChange = ({ number }: Pick<CatalogChange, 'number'>) =>
  cursorOf(list, [String(number)]);

/** The number in a `CatalogChange.cursor`. */
export function numberIn(cursor: string, path: string): bigint {
  const [text = ''] = readCursor(list, cursor, path);
  if (/^\d{1,18}$/.test(text)) return BigInt(text);
  throw InvalidInput.at(path, 'This is not a cursor of this list.', 'a `CatalogChange.cursor`');
}

export const CatalogChangeRef = builder.objectRef<CatalogChange>('CatalogChange').implement({
  description: 'One thing that changed in the market: an offer, a price, whether it can serve.',
  fields: (t) => ({
    cursor: t.string({
      description: 'To be given as `after`, to the list as to the subscription.',
      resolve: cursorOfChange,
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
    kind: t.expose('kind', { type: Kind, description: 'What happened.' }),
    subjectId: t.exposeID('subjectId', {
      description: 'Id of what changed. Set for all kinds, also for what is gone.',
    }),
    modelSlug: t.exposeString('modelSlug', {
      nullable: true,
      description: 'The model, or that of the endpoint; null when a provider changed.',
    }),
    providerSlug: t.exposeString('providerSlug', {
      nullable: true,
      description: 'The provider, or that of the endpoint; null when a model changed.',
    }),
    model: t.field({
      type: ModelRef,
      nullable: true,
      description: 'The model as it stands now.',
      resolve: ({ modelId }, _args, { rooms }) =>
        modelId === null ? null : rooms.catalog.market().model(modelId),
    }),
    endpoint: t.field({
      type: EndpointRef,
      nullable: true,
      description: 'The endpoint as it stands now; null when something else changed.',
      resolve: ({ subjectId }, _args, { rooms }) => rooms.catalog.market().endpoint(subjectId),
    }),
    provider: t.field({
      type: ProviderRef,
      nullable: true,
      description: 'The provider as it stands now.',
      resolve: ({ providerId }, _args, { rooms }) =>
        providerId === null ? null : rooms.catalog.market().provider(providerId),
    }),
    previousPricing: t.field({
      type: PricingRef,
      nullable: true,
      description: 'What it cost before; null when that is not what changed.',
      resolve: ({ previousPrice }) => previousPrice && pricingOf(previousPrice),
    }),
    newPricing: t.field({
      type: PricingRef,
      nullable: true,
      description: 'What it costs from then on; null when that is not what changed.',
      resolve: ({ newPrice }) => newPrice && pricingOf(newPrice),
    }),
    previousStatus: t.expose('previousStatus', {
      type: EndpointStatus,
      nullable: true,
      description: 'Whether it could serve before; null when that is not what changed.',
    }),
    newStatus: t.expose('newStatus', {
      type: EndpointStatus,
      nullable: true,
      description: 'Whether it can serve from then on; null when that is not what changed.',
    }),
    reason: t.exposeString('reason', {
      nullable: true,
      description: 'Why, or which fields changed; null when the kind says all.',
    }),
  }),
});

const CatalogChangeConnection = connectionOf({ node: CatalogChangeRef, of: 'catalog changes' });

export const CatalogChangeFilter = builder.inputType('CatalogChangeFilter', {
  description: 'Which changes: those that match every field that is given.',
  fields: (t) => ({
    kinds: t.field({ type: [Kind], description: 'Any of these kinds.' }),
    models: t.stringList({ description: 'Of any of these models, by slug; at most 100.' }),
    providers: t.stringList({ description: 'Of any of these providers, by slug; at most 100.' }),
    since: t.field({ type: 'DateTime', description: 'Then or later.' }),
    until: t.field({ type: 'DateTime', description: 'Earlier than this.' }),
  }),
});

type Given = typeof CatalogChangeFilter.$inferInput | null | undefined;

/** A filter as the table knows things: by their own slugs. */
export interface Filter {
  readonly kinds: readonly CatalogChange['kind'][] | null;
  readonly models: readonly string[] | null;
  readonly providers: readonly string[] | null;
  readonly since: Date | null;
  readonly until: Date | null;
}

const namesMax = 100;

/** A model may be named by an alias; a name that nobody has may be that of something gone. */
export function filterOf(given: Given, { catalog }: Rooms): Filter {
  for (const field of ['models', 'providers'] as const) {
    const count = given?.[field]?.length ?? 0;
    if (count <= namesMax) continue;
    throw InvalidInput.at(`filter.${field}`, `It has ${count} names.`, `at most ${namesMax}`);
  }
  const market = catalog.market();
  return {
    kinds: given?.kinds ?? null,
    models: given?.models?.map((name) => modelNamed(market, name)?.slug ?? name) ?? null,
    providers: given?.providers ?? null,
    since: given?.since ?? null,
    until: given?.until ?? null,
  };
}

function changesWhere({ kinds, models, providers, since, until }: Filter) {
  return {
    ...(kinds ? { kind: { in: [...new Set(kinds)] } } : {}),
    ...(models ? { modelSlug: { in: [...models] } } : {}),
    ...(providers ? { providerSlug: { in: [...providers] } } : {}),
    at: { ...(since ? { gte: since } : {}), ...(until ? { lt: until } : {}) },
  } satisfies Prisma.CatalogChangeWhereInput;
}

const newestChanges = newestNumber<
  'number',
  Prisma.CatalogChangeWhereInput,
  Prisma.CatalogChangeOrderByWithRelationInput
>('number');

function changesPage(args: PageArgs, filter: Filter, { storage: { prisma } }: Rooms) {
  for (const path of ['after', 'before'] as const) {
    const cursor = args[path];
    if (cursor != null) numberIn(cursor, path);
  }
  const all = changesWhere(filter);
  return tablePage({
    list,
    args,
    keyset: newestChanges,
    find: (beyond, orderBy, take) =>
      prisma.catalogChange.findMany({
        where: { AND: [all, beyond ?? {}] },
        orderBy,
        take,
        include: withPrices,
      }),
    count: () => prisma.catalogChange.count({ where: all }),
  });
}

builder.queryField('catalogChanges', (t) =>
  t.field({
    type: CatalogChangeConnection,
    description:
      'What changed in the market, newest first: models, offers, prices, and when endpoints were ' +
      'in trouble. Public.',
    args: {
      filter: t.arg({ type: CatalogChangeFilter, description: 'Which changes; all when absent.' }),
      ...pageArgs,
    },
    complexity: pageCost,
    resolve: (_root, { filter, ...args }, { rooms }) =>
      changesPage(args, filterOf(filter, rooms), rooms),
  }),
);
