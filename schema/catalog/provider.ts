import { builder } from '../builder.ts';
import { measured, PerformanceMetricsRef, windowArgument } from '../metrics/performance.ts';
import { findNode, NodeInterface } from '../node.ts';
import { DataPolicyRef, ProviderRef } from '../refs.ts';
import { connectionOf, forwardArgs, pageArgs, pageCost } from '../rows/connection.ts';
import { arrayPage } from '../rows/paging.ts';
import { EndpointConnection, EndpointStatus } from './endpoint.ts';
import { bestStatus, idsOf } from './market-order.ts';

ProviderRef.implement({
  description: 'Who runs models: spoken to over its own API, at its own prices.',
  interfaces: [NodeInterface],
  fields: (t) => ({
    slug: t.exposeString('slug', {
      description: 'Stable name for programs; what `provider.order` and its like take.',
    }),
    name: t.exposeString('name', { description: 'Name for people.' }),
    homepage: t.expose('homepage', {
      type: 'URL',
      nullable: true,
      description: "The provider's own site.",
    }),
    statusPage: t.expose('statusPage', {
      type: 'URL',
      nullable: true,
      description: 'Where it reports its outages.',
    }),
    dataPolicy: t.expose('dataPolicy', {
      type: DataPolicyRef,
      description: 'What it does with prompts.',
    }),
    endpoints: t.field({
      type: EndpointConnection,
      description: 'What it offers, by model.',
      args: forwardArgs,
      complexity: pageCost,
      resolve: (provider, args) =>
        arrayPage({
          list: `endpoints:${provider.id}`,
          args,
          rows: provider.endpoints.toSorted((a, b) => (a.model.slug < b.model.slug ? -1 : 1)),
          key: (endpoint) => endpoint.id,
        }),
    }),
    metrics: t.field({
      type: PerformanceMetricsRef,
      description: 'How its endpoints perform, all together.',
      args: windowArgument('FIVE_MINUTES'),
      resolve: ({ endpoints }, { window }, context) => measured(idsOf(endpoints), window, context),
    }),
    status: t.field({
      type: EndpointStatus,
      description: 'The status of its best endpoint.',
      resolve: (provider, _args, { rooms }) => bestStatus(provider.endpoints, rooms),
    }),
  }),
});

const ProviderConnection = connectionOf({ node: ProviderRef, of: 'providers' });

findNode('provider', 'Provider', (id, { rooms }) => rooms.catalog.market().provider(id) ?? null);

builder.queryFields((t) => ({
  providers: t.field({
    type: ProviderConnection,
    description: 'All providers by name. Public.',
    args: {
      search: t.arg.string({ description: 'Part of a name or slug, letter case without meaning.' }),
      ...pageArgs,
    },
    complexity: pageCost,
    resolve: (_root, { search, ...args }, { rooms }) =>
      arrayPage({
        list: `providers:${search ?? ''}`,
        args,
        rows: rooms.catalog
          .market()
          .providers.filter(({ name, slug }) => names(`${name} ${slug}`, search ?? ''))
          .toSorted((a, b) => a.name.localeCompare(b.name, 'en') || (a.slug < b.slug ? -1 : 1)),
        key: (provider) => provider.id,
      }),
  }),
  provider: t.field({
    type: ProviderRef,
    nullable: true,
    description: 'One provider by its slug; null when there is none. Public.',
    args: {
      slug: t.arg.string({
        required: true,
        description: "The provider's slug, such as `anthropic`.",
      }),
    },
    resolve: (_root, { slug }, { rooms }) => rooms.catalog.market().provider(slug) ?? null,
  }),
}));

const names = (text: string, search: string) => text.toLowerCase().includes(search.toLowerCase());
