import type { Endpoint, Prices } from '#catalog';
import { formatPerMillion, type Price } from '#kernel';
import { namesModel, namesProvider } from './names.ts';
import { lacking } from './needs.ts';
import type { Refusal, RejectionCode } from './rejection.ts';
import type { RouteRequest } from './request.ts';
import type { AskedModel } from './variants.ts';

export interface Question {
  readonly endpoint: Endpoint;
  readonly prices: Prices;
  readonly request: RouteRequest;
  readonly asked: AskedModel;
}

type Check = (question: Question) => Refusal | null;

/**
 * The first check that an endpoint fails, in the order at the foot of this file; null when it
 * passes all.
 */
export function firstRefusal(question: Question): Refusal | null {
  for (const check of checks) {
    const refusal = check(question);
    if (refusal) return refusal;
  }
  return null;
}

// ───────── who may ─────────

const keyModel: Check = ({ endpoint: { model }, request: { allowedModels } }) =>
  allowedModels && !namesModel(allowedModels, model)
    ? refuse('KEY_MODEL', 'apiKey.allowedModels', `This API key may not use ${model.slug}.`)
    : null;

const policyModel: Check = ({ endpoint: { model }, request: { policy } }) =>
  policy.allowedModels && !namesModel(policy.allowedModels, model)
    ? refuse(
        'POLICY_MODEL',
        'policy.allowedModels',
        `The organization's policy does not allow ${model.slug}.`,
      )
    : null;

const policyProvider: Check = ({ endpoint: { provider }, request: { policy } }) => {
  const { allowedProviders, deniedProviders } = policy;
  const text = (does: string) => `The organization's policy ${does} the provider ${provider.slug}.`;
  if (deniedProviders && namesProvider(deniedProviders, provider)) {
    return refuse('POLICY_PROVIDER', 'policy.deniedProviders', text('denies'));
  }
  if (allowedProviders && !namesProvider(allowedProviders, provider)) {
    return refuse('POLICY_PROVIDER', 'policy.allowedProviders', text('does not allow'));
  }
  return null;
};

/** A request can be stricter than the policy, never looser. */
const training: Check = ({ endpoint: { provider }, request: { policy, preferences } }) => {
  if (!provider.dataPolicy.trainsOnPrompts) return null;
  const reason = `${provider.name} may train on prompts, as far as is known.`;
  if (!policy.allowTraining) return refuse('POLICY_TRAINING', 'policy.allowTraining', reason);
  if (preferences.allowTraining !== false) return null;
  return refuse('POLICY_TRAINING', 'input.provider.allowTraining', reason);
};

const retention: Check = ({ endpoint: { provider }, request: { policy, preferences } }) => {
  if (!provider.dataPolicy.retainsPrompts) return null;
  const reason = `${provider.name} may keep prompts, as far as is known.`;
  if (policy.requireZeroRetention) {
    return refuse('POLICY_RETENTION', 'policy.requireZeroRetention', reason);
  }
  if (!preferences.zeroRetention) return null;
  return refuse('POLICY_RETENTION', 'input.provider.zeroRetention', reason);
};

// ───────── what was asked for ─────────

const only: Check = ({ endpoint: { provider }, request: { preferences } }) =>
  preferences.only && !namesProvider(preferences.only, provider)
    ? refuse('NOT_IN_ONLY', 'input.provider.only', `\`only\` does not name ${provider.slug}.`)
    : null;

const ignored: Check = ({ endpoint: { provider }, request: { preferences } }) =>
  preferences.ignore && namesProvider(preferences.ignore, provider)
    ? refuse('IGNORED', 'input.provider.ignore', `\`ignore\` names ${provider.slug}.`)
    : null;

const modality: Check = ({ endpoint: { model }, request: { needs } }) => {
  const missing = [...needs.inputModalities].filter(
    (wanted) => !model.inputModalities.includes(wanted),
  );
  if (missing.length > 0) {
    const reason = `${model.slug} takes no ${missing.join(', ').toLowerCase()} input.`;
    return refuse('UNSUPPORTED_MODALITY', 'input.messages', reason);
  }
  if (model.outputModalities.includes(needs.outputModality)) return null;
  const output = needs.outputModality.toLowerCase();
  return refuse('UNSUPPORTED_MODALITY', 'input.model', `${model.slug} gives no ${output} output.`);
};

const parameters: Check = ({ endpoint, request: { needs, preferences } }) => {
  const required = lacking(endpoint, needs.requiredParameters);
  if (required.length > 0) return unsupported(endpoint, 'input.requiredParameters', required);
  const used = preferences.requireParameters ? lacking(endpoint, needs.parameters) : [];
  return used.length > 0 ? unsupported(endpoint, 'input.provider.requireParameters', used) : null;
};

const quantization: Check = ({ endpoint, request: { preferences } }) => {
  const own = endpoint.quantization?.toLowerCase() ?? 'unknown';
  const wanted = preferences.quantizations?.map((name) => name.toLowerCase());
  if (!wanted || wanted.includes(own)) return null;
  const accepted = wanted.join(', ') || 'none';
  const reason = `Its quantization is ${own}; \`quantizations\` accepts ${accepted}.`;
  return refuse('QUANTIZATION', 'input.provider.quantizations', reason);
};

/** The answer needs room for one token at the least. */
const context: Check = ({ endpoint, request: { promptTokens, maxTokens } }) => {
  const limit = endpoint.contextLength;
  if (promptTokens + (maxTokens ?? 1) <= limit) return null;
  const alone = promptTokens + 1 > limit;
  const asked = `${promptTokens} prompt tokens${alone ? '' : ` and ${maxTokens} of answer`}`;
  const reason = `Its context holds ${limit} tokens; this request may need ${asked}.`;
  return refuse('CONTEXT_LENGTH', alone ? 'input.messages' : 'input.maxTokens', reason);
};

/**
 * Null is a price that nobody knows; whoever counts an image among the prompt's tokens has the
 * image price 0.
 */
const priceKnown: Check = ({ endpoint, prices, request: { needs } }) =>
  needs.images > 0 && prices.image === null
    ? refuse(
        'NO_PRICE',
        'input.messages',
        `${endpoint.provider.name} has no known price for an image of ${endpoint.model.slug}.`,
      )
    : null;

const free: Check = ({ prices, asked }) => {
  const priced = Object.values(prices).some((price) => price !== null && price > 0n);
  return asked.free && priced
    ? refuse('PRICE_CEILING', 'input.model', '`:free` takes endpoints at price 0 alone.')
    : null;
};

const ceilings: Check = ({ prices, request: { preferences, policy } }) =>
  ceiling('input.provider', prices, preferences) ?? ceiling('policy', prices, policy);

function ceiling(
  whose: 'input.provider' | 'policy',
  prices: Prices,
  limits: { readonly maxPromptPrice: Price | null; readonly maxCompletionPrice: Price | null },
): Refusal | null {
  const { maxPromptPrice, maxCompletionPrice } = limits;
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

const disabled: Check = ({ endpoint }) =>
  endpoint.enabled && !endpoint.removedAt && !endpoint.provider.removedAt
    ? null
    : refuse('DISABLED', null, `${endpoint.provider.name} does not serve it here at present.`);

const notConfigured: Check = ({ endpoint: { provider } }) =>
  provider.configured
    ? null
    : refuse('NOT_CONFIGURED', null, `The platform has no access to ${provider.name} yet.`);

export function unsupported(
  { provider }: Endpoint,
  setting: string,
  names: readonly string[],
): Refusal {
  const reason = `${provider.name} does not take ${names.join(', ')} for this model.`;
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
  modality,
  parameters,
  quantization,
  context,
  priceKnown,
  free,
  ceilings,
  disabled,
  notConfigured,
];
