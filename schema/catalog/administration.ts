import type { Endpoint, Model, Provider } from '#catalog';
import { actorOf } from '#identity';
import { builder } from '../builder.ts';
import { caught } from '../failures.ts';
import { EndpointRef, ModelRef, ProviderRef } from '../refs.ts';
import { resultUnion } from '../results.ts';
import { idOf } from '../rows/paging.ts';
import { Modality } from './model.ts';

const optionalPrice = 'US dollars; absent where the provider has no such price.';

const PricingInput = builder.inputType('PricingInput', {
  description: 'What the provider asks for, in US dollars per unit.',
  fields: (t) => ({
    promptPerToken: t.field({ type: 'Decimal', required: true, description: 'A prompt token.' }),
    completionPerToken: t.field({
      type: 'Decimal',
      required: true,
      description: 'A generated token.',
    }),
    cacheReadPerToken: t.field({
      type: 'Decimal',
      description: `A prompt token read from the cache. ${optionalPrice}`,
    }),
    cacheWritePerToken: t.field({
      type: 'Decimal',
      description: `A prompt token written to the cache. ${optionalPrice}`,
    }),
    cacheWriteHourPerToken: t.field({
      type: 'Decimal',
      description: `A prompt token written to the cache for an hour. ${optionalPrice}`,
    }),
    reasoningPerToken: t.field({
      type: 'Decimal',
      description: `A reasoning token. ${optionalPrice}`,
    }),
    perImage: t.field({ type: 'Decimal', description: `An image. ${optionalPrice}` }),
    perRequest: t.field({ type: 'Decimal', description: `A request. ${optionalPrice}` }),
  }),
});

const partly =
  'An absent field stays; null clears it, and is INVALID_INPUT where the output is never null.';

const UpsertProviderInput = builder.inputType('UpsertProviderInput', {
  description: `A provider, new or changed. ${partly}`,
  fields: (t) => ({
    slug: t.string({
      required: true,
      description: "The provider's slug; a new slug makes a new provider.",
    }),
    name: t.string({ required: true, description: 'Name for people.' }),
    homepage: t.field({ type: 'URL', description: "The provider's own site." }),
    statusPage: t.field({ type: 'URL', description: 'Where it reports its outages.' }),
    connector: t.string({
      required: true,
      description: '`openai-compatible`, or an AI SDK provider name as in `@ai-sdk/<name>`.',
    }),
    baseUrl: t.field({
      type: 'URL',
      description: "Of its API, as the connector's SDK takes it: `https://api.openai.com/v1`.",
    }),
    secret: t.string({
      description: "The platform's credential. Sealed at rest; never read back.",
    }),
    trainsOnPrompts: t.boolean({ description: 'It may train on prompts; unknown counts as yes.' }),
    retainsPrompts: t.boolean({ description: 'It keeps prompts; unknown counts as yes.' }),
    retentionDays: t.int({ description: 'For how many days it keeps them.' }),
  }),
});

const UpsertModelInput = builder.inputType('UpsertModelInput', {
  description: `A model, new or changed. ${partly}`,
  fields: (t) => ({
    slug: t.string({ required: true, description: '`author/name`; a new one makes a new model.' }),
    name: t.string({ required: true, description: 'Name for people.' }),
    author: t.string({
      required: true,
      description: 'The organization that made it, such as `anthropic`.',
    }),
    description: t.string({ description: 'What it is good for.' }),
    contextLength: t.int({ required: true, description: 'Tokens of prompt and answer together.' }),
    maxOutputTokens: t.int({ description: 'Tokens that one answer may have.' }),
    inputModalities: t.field({ type: [Modality], description: 'What a prompt may hold.' }),
    outputModalities: t.field({ type: [Modality], description: 'What an answer may hold.' }),
    supportedParameters: t.stringList({ description: 'Request parameters, in the wire names.' }),
    openWeights: t.boolean({ description: 'The weights can be downloaded.' }),
    aliases: t.stringList({ description: 'Other slugs that mean this model.' }),
    knowledgeCutoff: t.string({
      description: 'The month, or day, up to which its training data reaches, such as `2026-03`.',
    }),
    deprecatedAt: t.field({ type: 'DateTime', description: 'When it is retired.' }),
    createdAt: t.field({ type: 'DateTime', description: 'When it came out; new ones: now.' }),
  }),
});

const timeoutText = 'Milliseconds, up to an hour. Absent: the default of';

const UpsertEndpointInput = builder.inputType('UpsertEndpointInput', {
  description:
    'An offer of a model by a provider, told apart by both and `upstreamModel`. An offer without ' +
    `a price cannot be made. ${partly}`,
  fields: (t) => ({
    model: t.string({ required: true, description: 'Slug of the model.' }),
    provider: t.string({ required: true, description: 'Slug of the provider.' }),
    upstreamModel: t.string({
      required: true,
      description: "The provider's own name for the model.",
    }),
    pricing: t.field({ type: PricingInput, required: true, description: 'What it costs.' }),
    contextLength: t.int({ description: "Absent in a new one: the model's." }),
    maxOutputTokens: t.int({ description: "Absent in a new one: the model's." }),
    quantization: t.string({ description: 'How the weights are stored, as `fp8`.' }),
    supportedParameters: t.stringList({ description: "Absent in a new one: the model's." }),
    connectTimeoutMs: t.int({ description: `${timeoutText} 5 s to connect.` }),
    firstContentTimeoutMs: t.int({ description: `${timeoutText} 30 s to the first content.` }),
    idleTimeoutMs: t.int({ description: `${timeoutText} 30 s between chunks.` }),
    totalTimeoutMs: t.int({ description: `${timeoutText} 10 min for the whole answer.` }),
  }),
});

const UpsertProviderPayload = builder
  .objectRef<{ provider: Provider }>('UpsertProviderPayload')
  .implement({
    description: 'The provider was written.',
    fields: (t) => ({
      provider: t.expose('provider', {
        type: ProviderRef,
        description: 'Its state after the change.',
      }),
    }),
  });

const UpsertModelPayload = builder.objectRef<{ model: Model }>('UpsertModelPayload').implement({
  description: 'The model was written.',
  fields: (t) => ({
    model: t.expose('model', { type: ModelRef, description: 'Its state after the change.' }),
  }),
});

const endpointPayload = (name: string, description: string) =>
  builder.objectRef<{ endpoint: Endpoint }>(name).implement({
    description,
    fields: (t) => ({
      endpoint: t.expose('endpoint', {
        type: EndpointRef,
        description: 'Its state after the change.',
      }),
    }),
  });

const UpsertProviderResult = resultUnion({
  name: 'UpsertProviderResult',
  payload: UpsertProviderPayload,
});

const UpsertModelResult = resultUnion({ name: 'UpsertModelResult', payload: UpsertModelPayload });

const UpsertEndpointResult = resultUnion({
  name: 'UpsertEndpointResult',
  payload: endpointPayload('UpsertEndpointPayload', 'The endpoint was written.'),
});

const SetEndpointEnabledResult = resultUnion({
  name: 'SetEndpointEnabledResult',
  payload: endpointPayload('SetEndpointEnabledPayload', 'The endpoint was switched.'),
});

const RemoveEndpointResult = resultUnion({
  name: 'RemoveEndpointResult',
  payload: endpointPayload('RemoveEndpointPayload', 'The endpoint is no longer offered.'),
});

const authScopes = { platformAdmin: true };
const who = 'Platform administrators only.';

builder.mutationFields((t) => ({
  upsertProvider: t.field({
    type: UpsertProviderResult,
    nullable: true,
    authScopes,
    description: `Makes or changes a provider. ${who}`,
    args: {
      input: t.arg({ type: UpsertProviderInput, required: true, description: 'The provider.' }),
    },
    resolve: (_root, { input }, { rooms, principal }) =>
      caught(async () => ({
        provider: await rooms.catalog.administration.upsertProvider(actorOf(principal), input),
      })),
  }),
  upsertModel: t.field({
    type: UpsertModelResult,
    nullable: true,
    authScopes,
    description: `Makes or changes a model. ${who}`,
    args: { input: t.arg({ type: UpsertModelInput, required: true, description: 'The model.' }) },
    resolve: (_root, { input }, { rooms, principal }) =>
      caught(async () => ({
        model: await rooms.catalog.administration.upsertModel(actorOf(principal), input),
      })),
  }),
  upsertEndpoint: t.field({
    type: UpsertEndpointResult,
    nullable: true,
    authScopes,
    description: `Makes or changes an endpoint; a new price starts a new price version. ${who}`,
    args: {
      input: t.arg({ type: UpsertEndpointInput, required: true, description: 'The endpoint.' }),
    },
    resolve: (_root, { input }, { rooms, principal }) =>
      caught(async () => ({
        endpoint: await rooms.catalog.administration.upsertEndpoint(actorOf(principal), input),
      })),
  }),
  setEndpointEnabled: t.field({
    type: SetEndpointEnabledResult,
    nullable: true,
    authScopes,
    description: `Switches an endpoint on or off; running completions go on. ${who}`,
    args: {
      id: t.arg.id({ required: true, description: 'The endpoint.' }),
      enabled: t.arg.boolean({ required: true, description: 'Whether it may serve.' }),
    },
    resolve: (_root, { id, enabled }, { rooms, principal }) =>
      caught(async () => {
        const endpointId = idOf('endpoint', id, 'id');
        return {
          endpoint: await rooms.catalog.administration.setEndpointEnabled(
            actorOf(principal),
            endpointId,
            enabled,
          ),
        };
      }),
  }),
  removeEndpoint: t.field({
    type: RemoveEndpointResult,
    nullable: true,
    authScopes,
    description: `Stops offering it; history stays readable. ${who}`,
    args: { id: t.arg.id({ required: true, description: 'The endpoint.' }) },
    resolve: (_root, { id }, { rooms, principal }) =>
      caught(async () => ({
        endpoint: await rooms.catalog.administration.removeEndpoint(
          actorOf(principal),
          idOf('endpoint', id, 'id'),
        ),
      })),
  }),
}));
