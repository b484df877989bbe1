import type { Endpoint, Prices } from '#catalog';
import { formatPerMillion, type Price } from '#kernel';
import { evidenceFor, type LearnedRefusal } from './learned.ts';
import { namesModel, namesProvider } from './names.ts';
import { lacking } from './needs.ts';
import { once } from './once.ts';
import type { Refusal, RejectionCode } from './rejection.ts';
import type { RouteRequest } from './request.ts';
import type { AskedModel } from './variants.ts';

/** What is asked of one model: the same for each of its endpoints. */
export interface Ask {
  readonly request: RouteRequest;
  readonly asked: AskedModel;
  /** What an endpoint was seen to refuse. */
  readonly learned: (endpointId: string) => readonly LearnedRefusal[];
}

/** An endpoint at the prices of this request. */
export interface Offered {
  readonly endpoint: Endpoint;
  readonly prices: Prices;
}

interface Check {
  /** Whether it could refuse anybody: of what is asked alone, so that it is found out once. */
  readonly when: (ask: Ask) => boolean;
  readonly refusal: (offered: Offered, ask: Ask) => Refusal | null;
}

/** Those that could refuse an endpoint, in the order at the foot of this file. */
export const checksFor = (ask: Ask): readonly Check[] => checks.filter(({ when }) => when(ask));

/** The first check that an endpoint fails; null when it passes all. */
export function firstRefusal(among: readonly Check[], offered: Offered, ask: Ask): Refusal | null {
  for (const { refusal } of among) {
    const refused = refusal(offered, ask);
    if (refused) return refused;
  }
  return null;
}

const always = () => true;

// ───────── who may ─────────

const keyModel: Check = {
  when: ({ request: { allowedModels }, asked: { model } }) =>
    allowedModels !== null && !namesModel(allowedModels, model),
  refusal: ({ endpoint: { model } }) =>
    refuse('KEY_MODEL', 'apiKey.allowedModels', `This API key may not use ${model.slug}.`),
};

const policyModel: Check = {
  when: ({ request: { policy }, asked: { model } }) =>
    policy.allowedModels !== null && !namesModel(policy.allowedModels, model),
  refusal: ({ endpoint: { model } }) =>
    refuse(
      'POLICY_MODEL',
      'policy.allowedModels',
      `The organization's policy does not allow ${model.slug}.`,
    ),
};

const policyProvider: Check = {
  when: ({ request: { policy } }) =>
    policy.deniedProviders !== null || policy.allowedProviders !== null,
  refusal({ endpoint: { provider } }, { request: { policy } }) {
    const { allowedProviders, deniedProviders } = policy;
    const text = (does: string) =>
      `The organization's policy ${does} the provider ${provider.slug}.`;
    if (deniedProviders && namesProvider(deniedProviders, provider)) {
      return refuse('POLICY_PROVIDER', 'policy.deniedProviders', text('denies'));
    }
    if (allowedProviders && !namesProvider(allowedProviders, provider)) {
      return refuse('POLICY_PROVIDER', 'policy.allowedProviders', text('does not allow'));
    }
    return null;
  },
};

/** A request can be stricter than the policy, never looser. */
const training: Check = {
  when: ({ request: { policy, preferences } }) =>
    !policy.allowTraining || preferences.allowTraining === false,
  refusal({ endpoint: { provider } }, { request: { policy } }) {
    if (!provider.dataPolicy.trainsOnPrompts) return null;
    const reason = `${provider.name} may train on prompts, as far as is known.`;
    return policy.allowTraining
      ? refuse('POLICY_TRAINING', 'input.provider.allowTraining', reason)
      : refuse('POLICY_TRAINING', 'policy.allowTraining', reason);
  },
};

const retention: Check = {
  when: ({ request: { policy, preferences } }) =>
    policy.requireZeroRetention || preferences.zeroRetention === true,
  refusal({ endpoint: { provider } }, { request: { policy } }) {
    if (!provider.dataPolicy.retainsPrompts) return null;
    const reason = `${provider.name} may keep prompts, as far as is known.`;
    return policy.requireZeroRetention
      ? refuse('POLICY_RETENTION', 'policy.requireZeroRetention', reason)
      : refuse('POLICY_RETENTION', 'input.provider.zeroRetention', reason);
  },
};

// ───────── what was asked for ─────────

const only: Check = {
  when: ({ request: { preferences } }) => preferences.only !== null,
  refusal: ({ endpoint: { provider } }, { request: { preferences } }) =>
    preferences.only && !namesProvider(preferences.only, provider)
      ? refuse('NOT_IN_ONLY', 'input.provider.only', `\`only\` does not name ${provider.slug}.`)
      : null,
};

const ignored: Check = {
  when: ({ request: { preferences } }) => preferences.ignore !== null,
  refusal: ({ endpoint: { provider } }, { request: { preferences } }) =>
    preferences.ignore && namesProvider(preferences.ignore, provider)
      ? refuse('IGNORED', 'input.provider.ignore', `\`ignore\` names ${provider.slug}.`)
      : null,
};

const inputModality: Check = {
  when: (ask) => missingInputs(ask).length > 0,
  refusal({ endpoint: { model } }, ask) {
    const missing = missingInputs(ask).join(', ').toLowerCase();
    const reason = `${model.slug} takes no ${missing} input.`;
    return refuse('UNSUPPORTED_MODALITY', 'input.messages', reason);
  },
};

const missingInputs = ({ request: { needs }, asked: { model } }: Ask) =>
  [...needs.inputModalities].filter((wanted) => !model.inputModalities.includes(wanted));

const outputModality: Check = {
  when: ({ request: { needs }, asked: { model } }) =>
    !model.outputModalities.includes(needs.outputModality),
  refusal({ endpoint: { model } }, { request: { needs } }) {
    const reason = `${model.slug} gives no ${needs.outputModality.toLowerCase()} output.`;
    return refuse('UNSUPPORTED_MODALITY', 'input.model', reason);
  },
};

const requiredParameters: Check = {
  when: ({ request: { needs } }) => needs.requiredParameters.size > 0,
  refusal({ endpoint }, { request: { needs }, learned }) {
    const refused = learned(endpoint.id);
    const missing = lacking(endpoint, needs.requiredParameters, refused);
    const setting = 'input.requiredParameters';
    return missing.length > 0 ? unsupported(endpoint, { setting, missing, refused }) : null;
  },
};

const usedParameters: Check = {
  when: ({ request: { needs, preferences } }) =>
    preferences.requireParameters && needs.parameters.size > 0,
  refusal({ endpoint }, { request: { needs }, learned }) {
    const refused = learned(endpoint.id);
    const missing = lacking(endpoint, needs.parameters, refused);
    const setting = 'input.provider.requireParameters';
    return missing.length > 0 ? unsupported(endpoint, { setting, missing, refused }) : null;
  },
};

const lowered = once((names: readonly string[]) => names.map((name) => name.toLowerCase()));

const quantization: Check = {
  when: ({ request: { preferences } }) => preferences.quantizations !== null,
  refusal({ endpoint }, { request: { preferences } }) {
    const own = endpoint.quantization?.toLowerCase() ?? 'unknown';
    const wanted = lowered(preferences.quantizations ?? []);
    if (wanted.includes(own)) return null;
    const accepted = wanted.join(', ') || 'none';
    const reason = `Its quantization is ${own}; \`quantizations\` accepts ${accepted}.`;
    return refuse('QUANTIZATION', 'input.provider.quantizations', reason);
  },
};

/** The answer needs room for one token at the least. */
const context: Check = {
  when: always,
  refusal({ endpoint }, { request: { promptTokens, maxTokens } }) {
    const limit = endpoint.contextLength;
    if (promptTokens + (maxTokens ?? 1) <= limit) return null;
    const alone = promptTokens + 1 > limit;
    const asked = `${promptTokens} prompt tokens${alone ? '' : ` and ${maxTokens} of answer`}`;
    const reason = `Its context holds ${limit} tokens; this request may need ${asked}.`;
    return refuse('CONTEXT_LENGTH', alone ? 'input.messages' : 'input.maxTokens', reason);
  },
};

/**
 * Null is a price that nobody knows; whoever counts an image among the prompt's tokens has the
 * image price 0.
 */
const priceKnown: Check = {
  when: ({ request: { needs } }) => needs.images > 0,
  refusal: ({ endpoint, prices }) =>
    prices.image === null
      ? refuse(
          'NO_PRICE',
          'input.messages',
          `${endpoint.provider.name} has no known price for an image of ${endpoint.model.slug}.`,
        )
      : null,
};

const free: Check = {
  when: ({ asked }) => asked.free,
  refusal: ({ prices }) =>
    Object.values(prices).some((price) => price !== null && price > 0n)
      ? refuse('PRICE_CEILING', 'input.model', '`:free` takes endpoints at price 0 alone.')
      : null,
};

const ceilings: Check = {
  when: ({ request: { preferences, policy } }) => capped(preferences) || capped(policy),
  refusal: ({ prices }, { request: { preferences, policy } }) =>
    ceiling('input.provider', prices, preferences) ?? ceiling('policy', prices, policy),
};

interface Ceilings {
  readonly maxPromptPrice: Price | null;
  readonly maxCompletionPrice: Price | null;
}

const capped = ({ maxPromptPrice, maxCompletionPrice }: Ceilings) =>
  maxPromptPrice !== null || maxCompletionPrice !== null;

function ceiling(
  whose: 'input.provider' | 'policy',
  prices: Prices,
  { maxPromptPrice, maxCompletionPrice }: Ceilings,
): Refusal | null {
  if (maxPromptPrice !== null && prices.prompt > maxPromptPrice) {
    return tooDear(`${whose}.maxPromptPricePerMillion`, prices.prompt, maxPromptPrice);
  }
  if (maxCompletionPrice !== null && prices.completion > maxCompletionPrice) {
    return tooDear(`${whose}.maxCompletionPricePerMillion`, prices.completion, maxCompletionPrice);
  }
  return null;
}

function tooDear(setting: string, price: Price, limit: Price): Refusal {
  const [asked, most] = [formatPerMillion(price), formatPerMillion(limit)];
  return refuse(
    'PRICE_CEILING',
    setting,
    `It asks $${asked} a million tokens; the ceiling is $${most}.`,
  );
}

// ───────── what the platform has ─────────

const disabled: Check = {
  when: always,
  refusal: ({ endpoint }) =>
    endpoint.enabled && !endpoint.removedAt && !endpoint.provider.removedAt
      ? null
      : refuse('DISABLED', null, `${endpoint.provider.name} does not serve it here at present.`),
};

const notConfigured: Check = {
  when: always,
  refusal: ({ endpoint: { provider } }, { request: { ownKeys } }) =>
    provider.configured || (provider.baseUrl !== null && ownKeys.has(provider.id))
      ? null
      : refuse('NOT_CONFIGURED', null, `The platform has no access to ${provider.name} yet.`),
};

export interface Unsupported {
  readonly setting: string;
  readonly missing: readonly string[];
  readonly refused: readonly LearnedRefusal[];
}

export function unsupported(endpoint: Endpoint, { setting, missing, refused }: Unsupported) {
  const does = `${endpoint.provider.name} does not take ${missing.join(', ')} for this model.`;
  const reason = [does, ...evidenceFor(missing, refused)].join(' ');
  return refuse('UNSUPPORTED_PARAMETER', setting, reason);
}

function refuse(code: RejectionCode, setting: string | null, reason: string): Refusal {
  return { code, setting, reason, retryAfterMs: null };
}

/** Rules come first, so that what a caller may not use tells nothing of how it fares. */
const checks: readonly Check[] = [
  keyModel,
  policyModel,
  policyProvider,
  training,
  retention,
  only,
  ignored,
  inputModality,
  outputModality,
  requiredParameters,
  usedParameters,
  quantization,
  context,
  priceKnown,
  free,
  ceilings,
  disabled,
  notConfigured,
];
