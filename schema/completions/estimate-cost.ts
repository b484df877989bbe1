import type { CostEstimate, EstimateInput } from '#completions';
import { builder } from '../builder.ts';
import { ErrorInterface } from '../errors.ts';
import { Refusal } from '../failures.ts';
import { EndpointRef, ModelRef } from '../refs.ts';
import { dollarsOrNull } from '../scalars.ts';
import { MessageInput, ProviderPreferences, ToolInput } from './input.ts';

const EstimateCostInput = builder.inputType('EstimateCostInput', {
  description:
    'A prompt and the models to compare. Messages times models: at most 1 MiB of text, 64 KiB ' +
    'without credentials; costs document points by size.',
  fields: (t) => ({
    organizationId: t.id({
      description: 'For a signed-in person: whose policy counts. A key always asks for its own.',
    }),
    models: t.stringList({ required: true, description: '1 to 20 slugs, aliases or variants.' }),
    messages: t.field({
      type: [MessageInput],
      required: true,
      description: 'The conversation, oldest first; 1 to 2,000 messages.',
    }),
    tools: t.field({ type: [ToolInput], description: 'Functions to call; at most 128.' }),
    maxTokens: t.int({ required: true, description: 'At most this many tokens of answer.' }),
    provider: t.field({
      type: ProviderPreferences,
      description: 'Which providers may answer, and in which order they are tried.',
    }),
  }),
});

const CostEstimateRef = builder.objectRef<CostEstimate>('CostEstimate').implement({
  description: 'What the prompt would cost on one model.',
  fields: (t) => ({
    requestedModel: t.exposeString('requestedModel', { description: 'The name as it was asked.' }),
    model: t.expose('model', {
      type: ModelRef,
      nullable: true,
      description: 'The model of that name; null when there is none.',
    }),
    endpoint: t.expose('endpoint', {
      type: EndpointRef,
      nullable: true,
      description: 'The cheapest that could serve the request now; null when none can.',
    }),
    promptTokens: t.exposeInt('promptTokens', {
      nullable: true,
      description: 'Tokens of the prompt; null when there is no such model.',
    }),
    estimated: t.exposeBoolean('estimated', {
      description:
        "True where the model's tokenizer is not public and another one counted, and where there " +
        'are tools, pictures or files, which providers count in ways that they do not tell.',
    }),
    promptCost: t.field({
      type: 'Decimal',
      nullable: true,
      description: "US dollars: the prompt at the endpoint's price, without the fee.",
      resolve: ({ promptCost }) => dollarsOrNull(promptCost),
    }),
    maximumCharge: t.field({
      type: 'Decimal',
      nullable: true,
      description:
        'US dollars: prompt and `maxTokens` of answer, fee included. This is what is held: for ' +
        'an upper bound of the prompt, at the dearest endpoint that may be tried.',
      resolve: ({ maximumCharge }) => dollarsOrNull(maximumCharge),
    }),
    tokensPerSecond: t.exposeFloat('tokensPerSecond', {
      nullable: true,
      description: 'Live median of the endpoint; null without traffic.',
    }),
    error: t.field({
      type: ErrorInterface,
      nullable: true,
      description: 'Why no endpoint could serve it.',
      resolve: ({ error }) => error && new Refusal(error),
    }),
  }),
});

/** A document point for each KiB that is tokenised. */
const pointsOf = ({ models, messages, tools }: typeof EstimateCostInput.$inferInput) =>
  Math.ceil((JSON.stringify([messages, tools]).length * models.length) / 1024);

builder.queryField('estimateCost', (t) =>
  t.field({
    type: [CostEstimateRef],
    nullable: true,
    description:
      "What this prompt would cost on each of these models: tokens counted with each one's " +
      "tokenizer, the cheapest usable endpoint's price, its live speed beside it. Sends nothing.",
    args: {
      input: t.arg({
        type: EstimateCostInput,
        required: true,
        description: 'The prompt and the models.',
      }),
    },
    complexity: ({ input }) => ({
      field: 10 + pointsOf(input),
      multiplier: Math.max(1, input.models.length),
    }),
    resolve: async (_root, { input }, { rooms, principal }) => [
      ...(await rooms.completions.estimate(principal, input as EstimateInput)),
    ],
  }),
);
