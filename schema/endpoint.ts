import { connectionOf } from './connection.ts';
import { describedEnum } from './described.ts';
import { findNode, NodeInterface } from './node.ts';
import { DataPolicyRef, EndpointRef, ModelRef, PricingRef, ProviderRef } from './refs.ts';

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
      description: 'What happens to prompts there.',
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
    removedAt: t.expose('removedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was withdrawn; null while it is offered.',
    }),
  }),
});

export const EndpointConnection = connectionOf({ node: EndpointRef, of: 'endpoints' });

findNode('endpoint', 'Endpoint', (id, { rooms }) => rooms.catalog.market().endpoint(id) ?? null);
