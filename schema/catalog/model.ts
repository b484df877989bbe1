import { cheapestEndpoint } from '#catalog';
import { modelNamed } from '#routing';
import { builder } from '../builder.ts';
import { describedEnum } from '../described.ts';
import { measured, PerformanceMetricsRef, windowArgument } from '../metrics/performance.ts';
import { findNode, NodeInterface } from '../node.ts';
import { EndpointRef, ModelRef, PricingRef } from '../refs.ts';
import { EndpointOrder, endpointsBy } from './endpoint-order.ts';
import { canServe, idsOf } from './market-order.ts';

export const Modality = describedEnum('Modality', 'What a model takes or gives.', {
  TEXT: 'Text.',
  IMAGE: 'Images.',
  AUDIO: 'Audio.',
  VIDEO: 'Moving pictures.',
  FILE: 'Documents, such as PDF.',
  EMBEDDING: 'Vectors.',
});

ModelRef.implement({
  description: 'A model, whoever runs it.',
  interfaces: [NodeInterface],
  fields: (t) => ({
    slug: t.exposeString('slug', {
      description: 'Stable name for programs, `author/name`; what `input.model` takes.',
    }),
    name: t.exposeString('name', { description: 'Name for people.' }),
    author: t.exposeString('author', {
      description: 'The organization that made it, such as `anthropic`.',
    }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'What it is good for.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it came out.' }),
    deprecatedAt: t.expose('deprecatedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When its author retires it or has done so: move to another one.',
    }),
    removedAt: t.expose('removedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it left the catalog; null while it is in it.',
    }),
    contextLength: t.exposeInt('contextLength', {
      description: 'Tokens of prompt and answer together. An endpoint may offer less.',
    }),
    maxOutputTokens: t.exposeInt('maxOutputTokens', {
      nullable: true,
      description: 'Tokens that one answer may have; null when only the context limits it.',
    }),
    inputModalities: t.expose('inputModalities', {
      type: [Modality],
      description: 'What a prompt may hold.',
    }),
    outputModalities: t.expose('outputModalities', {
      type: [Modality],
      description: 'What an answer may hold.',
    }),
    supportedParameters: t.exposeStringList('supportedParameters', {
      description: 'Request parameters that at least one endpoint takes, in the wire names.',
    }),
    openWeights: t.exposeBoolean('openWeights', {
      description: 'The weights can be downloaded.',
    }),
    knowledgeCutoff: t.exposeString('knowledgeCutoff', {
      nullable: true,
      description: 'The month, or day, up to which its training data reaches, such as `2026-03`.',
    }),
    aliases: t.exposeStringList('aliases', {
      description: 'Other slugs that mean this model.',
    }),
    pricing: t.field({
      type: PricingRef,
      nullable: true,
      description: 'Of `cheapestEndpoint`; null when no endpoint has a price.',
      resolve: (model, _args, { rooms }) =>
        cheapestEndpoint(model, canServe(rooms))?.pricing ?? null,
    }),
    cheapestEndpoint: t.field({
      type: EndpointRef,
      nullable: true,
      description:
        'Lowest price of 3 prompt tokens + 1 completion token among endpoints that are UP or ' +
        'DEGRADED; when there is none, among all. One endpoint, never a mix.',
      resolve: (model, _args, { rooms }) => cheapestEndpoint(model, canServe(rooms)),
    }),
    endpoints: t.field({
      type: [EndpointRef],
      description: "The providers' offers of it.",
      args: {
        orderBy: t.arg({
          type: EndpointOrder,
          required: true,
          defaultValue: 'PRICE',
          description: 'Which one comes first.',
        }),
      },
      complexity: { field: 1, multiplier: 5 },
      resolve: (model, { orderBy }, { rooms }) => endpointsBy(orderBy, model, rooms),
    }),
    metrics: t.field({
      type: PerformanceMetricsRef,
      description: 'How its endpoints perform, all together.',
      args: windowArgument('FIVE_MINUTES'),
      resolve: ({ endpoints }, { window }, context) => measured(idsOf(endpoints), window, context),
    }),
  }),
});

findNode('model', 'Model', (id, { rooms }) => rooms.catalog.market().model(id) ?? null);

builder.queryField('model', (t) =>
  t.field({
    type: ModelRef,
    nullable: true,
    description: 'One model; null when there is none of this name. Public.',
    args: {
      slug: t.arg.string({
        required: true,
        description:
          'The canonical slug, an alias or a variant (`author/name`, `author/name:floor`).',
      }),
    },
    resolve: (_root, { slug }, { rooms }) => modelNamed(rooms.catalog.market(), slug),
  }),
);
