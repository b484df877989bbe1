import type { Endpoint, Prices, Provider, RefusedParameter } from '#catalog';
import { formatPerMillion, type Price } from '#kernel';
import { noAccessTo } from './condition.ts';
import { evidenceFor } from './learned.ts';
import { namesModel, providersNamed } from './names.ts';
import { lacking } from './needs.ts';
import type { Refusal, RejectionCode } from './rejection.ts';
import type { RouteRequest } from './request.ts';
import type { AskedModel } from './variants.ts';

/** What is asked of one model: the same for each of its endpoints. */
export interface Ask {
  readonly request: RouteRequest;
  readonly asked: AskedModel;
  /** What an endpoint was seen to refuse. */
  readonly learned: (endpoint: Endpoint) => readonly RefusedParameter[];
}

/** An endpoint at the prices of this request. */
export interface Offered {
  readonly endpoint: Endpoint;
  readonly prices: Prices;
}

/** Refuses an endpoint, or lets it pass. */
type Test = (offered: Offered) => Refusal | null;

/**
 * What it holds against endpoints that are asked this; null when it could refuse none of them.
 * Found out once, since there may be hundreds.
 */
type Check = (ask: Ask) => Test | null;

/** The tests that could refuse an endpoint, in the order at the foot of this file. */
export const testsFor = (ask: Ask): readonly Test[] =>
  checks.map((check) => check(ask)).filter((test) => test !== null);

/** Of the first test that an endpoint fails; null when it passes all. */
export function firstRefusal(tests: readonly Test[], offered: Offered): Refusal | null {
  for (const test of tests) {
    const refused = test(offered);
    if (refused) return refused;
  }
  return null;
}

// ───────── who may ─────────

const keyModel: Check = ({ request: { allowedModels }, asked }) => {
  if (allowedModels === null || namesModel(allowedModels, asked)) return null;
  const reason = `This API key may not use ${asked.model.slug}.`;
  return () => refuse('KEY_MODEL', 'apiKey.allowedModels', reason);
};

const policyModel: Check = ({ request: { policy }, asked }) => {
  if (policy.allowedModels === null || namesModel(policy.allowedModels, asked)) return null;
  const reason = `The organization's policy does not allow ${asked.model.slug}.`;
  return () => refuse('POLICY_MODEL', 'policy.allowedModels', reason);
};

const policyProvider: Check = ({ request: { policy }, asked: { model } }) => {
  const { allowedProviders, deniedProviders } = policy;
  if (allowedProviders === null && deniedProviders === null) return null;
  const allowed = allowedProviders && providersNamed(allowedProviders, model);
  const denied = deniedProviders && providersNamed(deniedProviders, model);
  const text = (does: string, { slug }: Provider) =>
    `The organization's policy ${does} the provider ${slug}.`;
  return ({ endpoint: { provider } }) => {
    if (denied?.has(provider)) {
      return refuse('POLICY_PROVIDER', 'policy.deniedProviders', text('denies', provider));
    }
    if (allowed && !allowed.has(provider)) {
      return refuse('POLICY_PROVIDER', 'policy.allowedProviders', text('does not allow', provider));
    }
    return null;
  };
};

/** A request can be stricter than the policy, never looser. */
const training: Check = ({ request: { policy, preferences } }) => {
  if (policy.allowTraining && preferences.allowTraining !== false) return null;
  const setting = policy.allowTraining ? 'input.provider.allowTraining' : 'policy.allowTraining';
  return ({ endpoint: { provider } }) =>
    provider.dataPolicy.trainsOnPrompts
      ? refuse(
          'POLICY_TRAINING',
          setting,
          `${provider.name} may train on prompts, as far as is known.`,
        )
      : null;
};

const retention: Check = ({ request: { policy, preferences } }) => {
  if (!policy.requireZeroRetention && preferences.zeroRetention !== true) return null;
  const setting = policy.requireZeroRetention
    ? 'policy.requireZeroRetention'
    : 'input.provider.zeroRetention';
  return ({ endpoint: { provider } }) =>
    provider.dataPolicy.retainsPrompts
      ? refuse(
          'POLICY_RETENTION',
          setting,
          `${provider.name} may keep prompts, as far as is known.`,
        )
      : null;
};

// ───────── what was asked for ─────────

const only: Check = ({ request: { preferences }, asked: { model } }) => {
  if (preferences.only === null) return null;
  const named = providersNamed(preferences.only, model);
  const nobody = named.size === 0 ? `\`only\` names nobody who offers ${model.slug}.` : null;
  return ({ endpoint: { provider } }) => {
    if (named.has(provider)) return null;
    const reason = nobody ?? `\`only\` does not name ${provider.slug}.`;
    return refuse('NOT_IN_ONLY', 'input.provider.only', reason);
  };
};

const ignored: Check = ({ request: { preferences }, asked: { model } }) => {
  if (preferences.ignore === null) return null;
  const named = providersNamed(preferences.ignore, model);
  return ({ endpoint: { provider } }) =>
    named.has(provider)
      ? refuse('IGNORED', 'input.provider.ignore', `\`ignore\` names ${provider.slug}.`)
      : null;
};

const inputModality: Check = ({ request: { needs }, asked: { model } }) => {
  const missing = [...needs.inputModalities].filter(
    (wanted) => !model.inputModalities.includes(wanted),
  );
  if (missing.length === 0) return null;
  const reason = `${model.slug} takes no ${missing.join(', ').toLowerCase()} input.`;
  return () => refuse('UNSUPPORTED_MODALITY', 'input.messages', reason);
};

const outputModality: Check = ({ request: { needs }, asked: { model } }) => {
  if (model.outputModalities.includes(needs.outputModality)) return null;
  const reason = `${model.slug} gives no ${needs.outputModality.toLowerCase()} output.`;
  return () => refuse('UNSUPPORTED_MODALITY', 'input.model', reason);
};

const requiredParameters: Check = (ask) =>
  taking(ask.request.needs.requiredParameters, 'input.requiredParameters', ask);

const usedParameters: Check = (ask) => {
  const { needs, preferences } = ask.request;
  if (!preferences.requireParameters) return null;
  return taking(needs.parameters, 'input.provider.requireParameters', ask);
};

function taking(parameters: ReadonlySet<string>, setting: string, { learned }: Ask): Test | null {
  if (parameters.size === 0) return null;
  return ({ endpoint }) => {
    const refused = learned(endpoint);
    const missing = lacking(endpoint, parameters, refused);
    return missing.length > 0 ? unsupported(endpoint, { setting, missing, refused }) : null;
  };
}

const quantization: Check = ({ request: { preferences } }) => {
  if (preferences.quantizations === null) return null;
  const wanted = preferences.quantizations.map((name) => name.toLowerCase());
  const accepted = wanted.join(', ') || 'none';
  return ({ endpoint }) => {
    const own = endpoint.quantization?.toLowerCase() ?? 'unknown';
    if (wanted.includes(own)) return null;
    const reason = `Its quantization is ${own}; \`quantizations\` accepts ${accepted}.`;
    return refuse('QUANTIZATION', 'input.provider.quantizations', reason);
  };
};

/** The answer needs room for one token at the least. */
const context: Check = ({ request: { promptTokens, maxTokens } }) => {
  const needed = promptTokens + (maxTokens ?? 1);
  return ({ endpoint: { contextLength: limit } }) => {
    if (needed <= limit) return null;
    const alone = promptTokens + 1 > limit;
    const asked = `${promptTokens} prompt tokens${alone ? '' : ` and ${maxTokens} of answer`}`;
    const reason = `Its context holds ${limit} tokens; this request may need ${asked}.`;
    return refuse('CONTEXT_LENGTH', alone ? 'input.messages' : 'input.maxTokens', reason);
  };
};

/**
 * Null is a price that nobody knows; whoever counts an image among the prompt's tokens has the
 * image price 0.
 */
const priceKnown: Check = ({ request: { needs } }) => {
  if (needs.images === 0) return null;
  return ({ endpoint: { provider, model }, prices }) =>
    prices.image === null
      ? refuse(
          'NO_PRICE',
          'input.messages',
          `${provider.name} has no known price for an image of ${model.slug}.`,
        )
      : null;
};

const free: Check = ({ asked }) => {
  if (!asked.free) return null;
  return ({ prices }) =>
    Object.values(prices).some((price) => price !== null && price > 0n)
      ? refuse('PRICE_CEILING', 'input.model', '`:free` takes endpoints at price 0 alone.')
      : null;
};

const ceilings: Check = ({ request: { preferences, policy } }) => {
  if (!capped(preferences) && !capped(policy)) return null;
  return ({ prices }) =>
    ceiling('input.provider', prices, preferences) ?? ceiling('policy', prices, policy);
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
  const whose = setting.startsWith('policy.') ? "The organization's policy" : 'The request';
  const reason = `It asks $${asked} a million tokens. ${whose} allows $${most}.`;
  return refuse('PRICE_CEILING', setting, reason);
}

// ───────── what the platform has ─────────

const disabled: Check =
  () =>
  ({ endpoint }) =>
    endpoint.enabled && !endpoint.removedAt && !endpoint.provider.removedAt
      ? null
      : refuse('DISABLED', null, `${endpoint.provider.name} does not serve it here at present.`);

const notConfigured: Check =
  ({ request: { ownKeys } }) =>
  ({ endpoint: { provider } }) =>
    provider.configured || (provider.baseUrl !== null && ownKeys.has(provider.id))
      ? null
      : refuse('NOT_CONFIGURED', null, noAccessTo(provider));

export interface Unsupported {
  readonly setting: string;
  readonly missing: readonly string[];
  readonly refused: readonly RefusedParameter[];
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
