import { coverOf, type PlanInput, planRoute } from '#completions';
import { formatMoney, type Price } from '#kernel';
import { type Rejection, type Route, type RouteCandidate, unknownProviders } from '#routing';
import { builder } from '../builder.ts';
import { ProviderPreferences } from '../completions/input.ts';
import { describedEnum } from '../described.ts';
import { ErrorInterface } from '../errors.ts';
import { Refusal } from '../failures.ts';
import { ProviderKeyRef } from '../provider-keys/provider-key.ts';
import { EndpointRef, ModelRef, RouteRejectionRef } from '../refs.ts';
import { noRow } from '../rows/no-row.ts';

const rejectionTexts: Record<Rejection['code'], string> = {
  NOT_CONFIGURED: 'The platform has no credential for its provider.',
  DISABLED: 'An administrator switched it off.',
  DOWN: 'It failed again when it was last tried, and is left alone for a while.',
  TRIPPED: 'It failed too often and is left alone for a while.',
  RATE_LIMITED: 'Its provider asked to wait.',
  CONTEXT_LENGTH: 'The prompt and `maxTokens` do not fit its context.',
  UNSUPPORTED_PARAMETER: 'It does not take a parameter that is required.',
  UNSUPPORTED_MODALITY: 'It does not take images, audio or documents, which the prompt has.',
  QUANTIZATION: 'Its quantization is not among those that the request allows.',
  PRICE_CEILING: 'It costs more than allowed.',
  NOT_IN_ONLY: 'Its provider is not in `provider.only`.',
  IGNORED: 'Its provider is in `provider.ignore`.',
  POLICY_MODEL: "The organization's policy does not allow the model.",
  POLICY_PROVIDER: "The organization's policy does not allow the provider.",
  POLICY_TRAINING: 'The provider trains on prompts, which is not allowed.',
  POLICY_RETENTION: 'The provider keeps prompts, which is not allowed.',
  KEY_MODEL: "The key's allow list does not have the model.",
  NO_PRICE: 'It has no price for something that the request needs.',
  FALLBACKS_OFF: '`allowFallbacks` is false and another endpoint comes first.',
};

const RejectionCode = describedEnum(
  'RejectionCode',
  'Why an endpoint is not tried.',
  rejectionTexts,
);

RouteRejectionRef.implement({
  description: 'An endpoint that is not tried, and why.',
  fields: (t) => ({
    endpoint: t.expose('endpoint', { type: EndpointRef, description: 'Which endpoint.' }),
    code: t.expose('code', { type: RejectionCode, description: 'Why, for programs.' }),
    setting: t.exposeString('setting', {
      nullable: true,
      description:
        'What removed it: `input.provider.only`, `policy.allowTraining`, `apiKey.allowedModels`, …',
    }),
    reason: t.exposeString('reason', { description: 'Why, for people.' }),
    retryAfterMs: t.exposeInt('retryAfterMs', {
      nullable: true,
      description: 'When it may be back, in milliseconds; null when time changes nothing.',
    }),
  }),
});

/** A candidate with its place and the plan that it stands in. */
interface Placed extends RouteCandidate {
  readonly order: number;
  readonly route: Route;
}

/** What would be held for it alone; null when the request does not say how long it is. */
function maximumCharge(candidate: Placed, feeRate: Price): string | null {
  const { promptTokens, maxTokens } = candidate.route.request;
  if (promptTokens === 0 || maxTokens === null) return null;
  return formatMoney(
    coverOf([candidate], { promptTokens, images: 0, maxTokens, feeRate }).worstCase(),
  );
}

const RouteCandidateRef = builder.objectRef<Placed>('RouteCandidate').implement({
  description: 'An endpoint that would be tried.',
  fields: (t) => ({
    endpoint: t.expose('endpoint', { type: EndpointRef, description: 'Which endpoint.' }),
    order: t.exposeInt('order', { description: 'From 1. With a weighted draw: by weight.' }),
    weight: t.exposeFloat('weight', { description: 'Chance of being tried first, 0 to 1.' }),
    maximumCharge: t.field({
      type: 'Decimal',
      nullable: true,
      description:
        'With `promptTokens` and `maxTokens`: US dollars at most, fee included, for no more of ' +
        'an answer than its model can give. Admission holds as much for the dearest candidate.',
      resolve: (candidate, _args, { rooms }) => maximumCharge(candidate, rooms.platform.feeRate),
    }),
    providerKey: t.prismaField({
      type: ProviderKeyRef,
      nullable: true,
      description:
        "Own provider key that would be used; null for the platform's credential. An endpoint with " +
        'both stands here twice.',
      resolve: (query, { ownKey }, _args, { rooms }) =>
        ownKey
          ? rooms.storage.prisma.providerKey.findFirst({ ...query, where: { id: ownKey.id } })
          : noRow(query),
    }),
    reason: t.exposeString('reason', { description: 'Why it stands where it does.' }),
  }),
});

const RoutePlanRef = builder.objectRef<Route>('RoutePlan').implement({
  description: 'What the router would do now. The next moment may differ.',
  fields: (t) => ({
    model: t.expose('model', {
      type: ModelRef,
      nullable: true,
      description: 'Null when unknown: then both lists are empty and `error` says so.',
    }),
    candidates: t.field({
      type: [RouteCandidateRef],
      description: 'The endpoints that would be tried, in order.',
      resolve: (route) =>
        route.candidates.map((candidate, index) => ({ ...candidate, order: index + 1, route })),
    }),
    rejected: t.expose('rejected', {
      type: [RouteRejectionRef],
      description: 'The endpoints that would not be tried, and why.',
    }),
    unknownProviders: t.stringList({
      description:
        'Names in `provider.order`, `only` and `ignore` that no provider here has: misspelt, or of ' +
        'other services. They name nobody; a completion is not refused for them.',
      resolve: ({ request }, _args, { rooms }) => [
        ...unknownProviders(request.preferences, rooms.catalog.market()),
      ],
    }),
    error: t.field({
      type: ErrorInterface,
      nullable: true,
      description: 'What the completion would be refused with; null when it would be tried.',
      resolve: ({ error }) => error && new Refusal(error),
    }),
  }),
});

const RouteInputRef = builder.inputType('RouteInput', {
  description: 'A request as the router sees it, without its text.',
  fields: (t) => ({
    model: t.string({ required: true, description: 'Slug, alias or variant.' }),
    fallbackModels: t.stringList({ description: 'Tried after `model`; at most 10.' }),
    provider: t.field({
      type: ProviderPreferences,
      description: 'Which providers may answer, and in which order they are tried.',
    }),
    promptTokens: t.int({
      description: 'Tokens of the prompt; when absent, it fits every context.',
    }),
    maxTokens: t.int({ description: 'At most this many generated tokens.' }),
    requiredParameters: t.stringList({
      description: 'Parameters that the endpoint must take, in the wire names.',
    }),
    organizationId: t.id({
      description: 'For a signed-in person: whose policy and credits count.',
    }),
    sessionId: t.string({ description: 'The session whose endpoint would be kept.' }),
  }),
});

builder.queryField('routePlan', (t) =>
  t.field({
    type: RoutePlanRef,
    nullable: true,
    description:
      'A dry run of the router: which endpoints this request would try, in which order, why the ' +
      'others are out, and what it would cost. Sends nothing upstream.',
    args: {
      input: t.arg({ type: RouteInputRef, required: true, description: 'The request.' }),
    },
    complexity: 20,
    resolve: (_root, { input }, { rooms, principal }) =>
      planRoute(principal, input as PlanInput, rooms),
  }),
);
