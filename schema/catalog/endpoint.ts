import { describedEnum } from '../described.ts';
import {
  history,
  MetricsPointRef,
  measured,
  PerformanceMetricsRef,
  windowArgument,
} from '../metrics/performance.ts';
import { findNode, NodeInterface } from '../node.ts';
import { DataPolicyRef, EndpointRef, ModelRef, PricingRef, ProviderRef } from '../refs.ts';
import { connectionOf } from '../rows/connection.ts';
import { rowsCounted } from '../rows/paging.ts';
import { PriceVersionRef, priceHistory } from './price-history.ts';

export const EndpointStatus = describedEnum('EndpointStatus', 'Whether an endpoint can serve.', {
  UP: 'It serves.',
  DEGRADED: 'It serves, but failed recently; others are tried first.',
  DOWN: 'It failed so often that it is left alone for a while.',
  NOT_CONFIGURED: 'The platform has no credential for its provider, or no address.',
  DISABLED: 'Switched off by an administrator, or no longer offered.',
});

EndpointRef.implement({
  description: "One provider's offer of one model: what the router chooses among.",
  interfaces: [NodeInterface],
  fields: (t) => ({
    model: t.expose('model', { type: ModelRef, description: 'The model that it serves.' }),
    provider: t.expose('provider', { type: ProviderRef, description: 'Whose offer it is.' }),
    pricing: t.expose('pricing', { type: PricingRef, description: 'What it costs now.' }),
    contextLength: t.exposeInt('contextLength', {
      description: 'Tokens of prompt and answer together.',
    }),
    maxOutputTokens: t.exposeInt('maxOutputTokens', {
      nullable: true,
      description: 'Tokens that one answer may have; null when only the context limits it.',
    }),
    quantization: t.exposeString('quantization', {
      nullable: true,
      description: 'How the weights are stored, as `fp8`; null when the provider does not say.',
    }),
    supportedParameters: t.stringList({
      description: 'Request parameters that it takes, in the wire names: `tools`, `seed`, …',
      resolve: (endpoint) => [...endpoint.supportedParameters].sort(),
    }),
    dataPolicy: t.field({
      type: DataPolicyRef,
      description: 'What the provider does with prompts.',
      resolve: (endpoint) => endpoint.provider.dataPolicy,
    }),
    status: t.field({
      type: EndpointStatus,
      description: 'Whether it can serve now.',
      resolve: (endpoint, _args, { rooms }) => rooms.router.status(endpoint).status,
    }),
    statusReason: t.string({
      nullable: true,
      description: 'Why it is not UP.',
      resolve: (endpoint, _args, { rooms }) => rooms.router.status(endpoint).reason,
    }),
    statusSince: t.field({
      type: 'DateTime',
      description: 'Since when it has this status.',
      resolve: (endpoint, _args, { rooms }) => rooms.router.status(endpoint).since,
    }),
    metrics: t.field({
      type: PerformanceMetricsRef,
      description: 'How it performs over the window.',
      args: windowArgument('FIVE_MINUTES'),
      resolve: ({ id }, { window }, context) => measured([id], window, context),
    }),
    metricsHistory: t.field({
      type: [MetricsPointRef],
      description: 'How it performed: oldest first, empty steps included, at most 500 points.',
      args: windowArgument('ONE_DAY'),
      complexity: { field: 20, multiplier: 10 },
      resolve: ({ id }, { window }, context) => history(id, window, context),
    }),
    priceHistory: t.field({
      type: [PriceVersionRef],
      description: 'Its prices over time, newest first.',
      args: {
        since: t.arg({ type: 'DateTime', description: 'Versions in force then or later.' }),
        first: t.arg.int({
          required: true,
          defaultValue: 50,
          description: 'How many versions, 1 to 100, else INVALID_INPUT.',
        }),
      },
      complexity: ({ first }) => ({ field: 5, multiplier: rowsCounted(first) }),
      resolve: ({ id }, args, context) => priceHistory(id, args, context),
    }),
    removedAt: t.expose('removedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was withdrawn; null while it is offered.',
    }),
  }),
});

export const EndpointConnection = connectionOf({ node: EndpointRef, of: 'endpoints' });

findNode('endpoint', 'Endpoint', (id, { rooms }) => rooms.catalog.market().endpoint(id) ?? null);
