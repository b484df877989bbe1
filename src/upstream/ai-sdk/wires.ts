import { z } from 'zod';
import type { OutputModality, UpstreamTarget } from '../connector.ts';
import { cachePoint, markTools } from './cache-points.ts';
import { claudeVersion } from './claude-version.ts';
import { capIn, type Wire } from './wire.ts';

/** What no package can say. */
const neverSaid = ['min_p', 'repetition_penalty', 'logit_bias'];
const unsaid = (...names: string[]): ReadonlySet<string> => new Set([...neverSaid, ...names]);

/** The least that Anthropic lets a model think; newer ones hide it unless they are asked. */
const claudeThinks = {
  least: 1_024,
  refusesLess: true,
  shown: { display: 'summarized' },
} as const;

const anthropic: Wire = {
  events: new Set([
    ...['message_start', 'message_delta', 'message_stop', 'ping', 'error'],
    ...['content_block_start', 'content_block_delta', 'content_block_stop'],
  ]),
  async open(target, fetch) {
    const { createAnthropic } = await import('@ai-sdk/anthropic');
    return createAnthropic({ ...access(target), fetch })(target.model);
  },
  optionsName: 'anthropic',
  mediaInResults: true,
  laterSystem: (model) => (claudeVersion(model) ?? 0) >= 4.08,
  unsaid: unsaid('frequency_penalty', 'presence_penalty', 'seed', 'response_format'),
  thinking: (budgetTokens) => ({ thinking: { type: 'enabled', budgetTokens } }),
  cacheMark: (ttl) => ({ cacheControl: { type: 'ephemeral', ttl } }),
  oneToolCall: { disableParallelToolUse: true },
  endUser: (userId) => ({ metadata: { userId } }),
  thinkingAt: { within: ['thinking'], field: 'budget_tokens', ...claudeThinks },
  keepCap: capIn('max_tokens'),
};

const gemini = {
  optionsName: 'google',
  unsaid: unsaid('parallel_tool_calls'),
  thinking: (thinkingBudget: number) => ({
    thinkingConfig: { thinkingBudget, includeThoughts: true },
  }),
  modalities: (modalities: readonly OutputModality[]) => ({
    responseModalities: modalities.map((one) => one.toUpperCase()),
  }),
  shownThinking: { thinkingConfig: { includeThoughts: true } },
  thinkingAt: {
    within: ['generationConfig', 'thinkingConfig'],
    field: 'thinkingBudget',
    least: 512,
  },
  keepCap: capIn('maxOutputTokens', 'generationConfig'),
};

const google: Wire = {
  ...gemini,
  async open(target, fetch) {
    const { createGoogle } = await import('@ai-sdk/google');
    return createGoogle({ ...access(target), fetch })(target.model);
  },
};

/**
 * A key of Vertex's express mode, or a service account's JSON, for which the base URL names project
 * and location.
 */
const googleVertex: Wire = {
  ...gemini,
  optionsName: 'googleVertex',
  async open(target, fetch) {
    const { createGoogleVertex } = await import('@ai-sdk/google-vertex/edge');
    const account = serviceAccountIn(target);
    const { baseURL, apiKey } = access(target);
    const proof = account ? { googleCredentials: account } : { apiKey };
    return createGoogleVertex({ baseURL, ...proof, fetch })(target.model);
  },
};

const serviceAccount = z.object({ client_email: z.string(), private_key: z.string() });

function serviceAccountIn({ secret }: UpstreamTarget) {
  const text = secret?.reveal() ?? '';
  if (!text.startsWith('{')) return null;
  const { client_email: clientEmail, private_key: privateKey } = serviceAccount.parse(
    JSON.parse(text),
  );
  return { clientEmail, privateKey };
}

const amazonBedrock: Wire = {
  async open(target, fetch) {
    const { createAmazonBedrock } = await import('@ai-sdk/amazon-bedrock');
    return createAmazonBedrock({ ...access(target), region: regionOf(target), fetch })(
      target.model,
    );
  },
  optionsName: 'amazonBedrock',
  mediaInResults: true,
  unsaid: unsaid(
    'frequency_penalty',
    'presence_penalty',
    'seed',
    'response_format',
    'parallel_tool_calls',
  ),
  thinking: (budgetTokens) => ({ reasoningConfig: { type: 'enabled', budgetTokens } }),
  cacheMark: cachePoint,
  markTools,
  thinkingAt: {
    within: ['additionalModelRequestFields', 'thinking'],
    field: 'budget_tokens',
    ...claudeThinks,
  },
  keepCap: capIn('maxTokens', 'inferenceConfig'),
};

const cohere: Wire = {
  events: new Set([
    ...['message-start', 'message-end', 'citation-start', 'citation-end', 'tool-plan-delta'],
    ...['content-start', 'content-delta', 'content-end'],
    ...['tool-call-start', 'tool-call-delta', 'tool-call-end'],
  ]),
  async open(target, fetch) {
    const { createCohere } = await import('@ai-sdk/cohere');
    return createCohere({ ...access(target), fetch })(target.model);
  },
  optionsName: 'cohere',
  laterSystem: () => true,
  // Its package would send the bytes of any other file as a document's text.
  media: ['image'],
  unsaid: unsaid('parallel_tool_calls'),
  thinking: (tokenBudget) => ({ thinking: { type: 'enabled', tokenBudget } }),
  thinkingAt: { within: ['thinking'], field: 'token_budget', least: 0 },
  keepCap: capIn('max_tokens'),
};

/** By the name of the package that speaks it: `@ai-sdk/<name>`. */
export const wires: ReadonlyMap<string, Wire> = new Map([
  ['anthropic', anthropic],
  ['google', google],
  ['google-vertex', googleVertex],
  ['amazon-bedrock', amazonBedrock],
  ['cohere', cohere],
]);

/**
 * An empty key is a key: without one the packages would read the environment, which only
 * src/config.ts may, and the provider's own refusal says more than theirs.
 */
function access({ baseUrl, secret }: UpstreamTarget) {
  return { baseURL: baseUrl.replace(/\/+$/, ''), apiKey: secret?.reveal() || 'none' };
}

/** `https://bedrock-runtime.eu-west-1.amazonaws.com` → `eu-west-1`. */
function regionOf({ baseUrl }: UpstreamTarget): string {
  return /\.([a-z]{2}(?:-[a-z]+)+-\d)\./.exec(baseUrl)?.[1] ?? 'us-east-1';
}
