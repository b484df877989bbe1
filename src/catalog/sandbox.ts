import { perUnit } from './decimal.ts';
import type { Snapshot, SnapshotEndpoint, SnapshotModel } from './snapshot.ts';

/**
 * The simulated providers and models that are built in, so that everything works before the first
 * credential. They are rows like any other; only their address and their lack of a credential
 * differ. Their prices are made up: they keep bills, limits and routing by price alive. Models that
 * play a fault cost nothing.
 */
const asOf = '2026-01-01';

const providers = [
  { slug: 'sandbox', name: 'Sandbox (simulation)', prompt: 0.1, completion: 0.4 },
  { slug: 'sandbox-fast', name: 'Sandbox Fast (simulation)', prompt: 0.3, completion: 1.2 },
  { slug: 'sandbox-cheap', name: 'Sandbox Cheap (simulation)', prompt: 0.05, completion: 0.2 },
  { slug: 'sandbox-flaky', name: 'Sandbox Flaky (simulation)', prompt: 0.08, completion: 0.32 },
] as const;

const faults: Readonly<Record<string, string>> = {
  'fail-500': 'always answers with HTTP status 500.',
  'fail-429': 'always answers with HTTP status 429.',
  hang: 'accepts the request and never answers.',
  'cut-after-10': 'breaks off after 10 tokens.',
  malformed: 'sends a chunk that cannot be read.',
  'slow-first-token': 'takes 3 seconds to its first token.',
  'no-usage': 'reports no token counts.',
};

/** Slugs of the models that are built to fail. */
export const faultModels: ReadonlySet<string> = new Set(
  Object.keys(faults).map((name) => `sandbox/${name}`),
);

const answers: Readonly<Record<string, string>> = {
  echo: 'repeats the last user message.',
  markov: 'babbles; the same seed, or the same messages, give the same answer.',
};

const parameters = [
  ...['include_reasoning', 'max_tokens', 'reasoning', 'response_format', 'seed', 'stop'],
  ...['structured_outputs', 'temperature', 'tool_choice', 'tools', 'top_p'],
];

const slugs: ReadonlySet<string> = new Set(providers.map(({ slug }) => slug));

/** True for the providers that are simulated here. */
export const isSandbox = (providerSlug: string): boolean => slugs.has(providerSlug);

const contextLength = 32_768;
const maxOutputTokens = 8_192;

/** Gives vectors instead of text. */
const embedding = {
  ...model('embed', 'makes vectors: texts that share words are near each other.'),
  outputModalities: ['EMBEDDING' as const],
  supportedParameters: ['dimensions'],
};

function model(name: string, does: string): SnapshotModel {
  return {
    slug: `sandbox/${name}`,
    name: `Sandbox ${name} (simulation)`,
    author: 'sandbox',
    description: `A simulation, not a language model: it ${does}`,
    contextLength,
    maxOutputTokens,
    inputModalities: ['TEXT'],
    outputModalities: ['TEXT'],
    supportedParameters: [...parameters],
    openWeights: false,
    aliases: [],
    createdAt: asOf,
  };
}

function endpoint(
  { slug, prompt, completion }: { slug: string; prompt: number; completion: number },
  name: string,
): SnapshotEndpoint {
  const text = (perMillion: number) => perUnit(perMillion, 1_000_000) ?? '0';
  return {
    model: `sandbox/${name}`,
    provider: slug,
    upstreamModel: name,
    prices: { prompt: text(prompt), completion: text(completion) },
    contextLength,
    maxOutputTokens,
    supportedParameters: [...parameters],
    source: 'built in',
    checkedAt: asOf,
  };
}

const [first, ...others] = providers;
const priceless = { slug: first.slug, prompt: 0, completion: 0 };

export const sandboxSnapshot: Snapshot = {
  asOf,
  providers: providers.map(({ slug, name }) => ({
    slug,
    name,
    connector: 'openai-compatible',
    trainsOnPrompts: false,
    retainsPrompts: false,
    retentionDays: 0,
  })),
  models: [
    ...Object.entries({ ...answers, ...faults }).map(([name, does]) => model(name, does)),
    embedding,
  ],
  endpoints: [
    ...Object.keys(answers).map((name) => endpoint(first, name)),
    ...Object.keys(faults).map((name) => endpoint(priceless, name)),
    ...others.map((provider) => endpoint(provider, 'markov')),
    {
      ...endpoint({ slug: first.slug, prompt: 0.02, completion: 0 }, 'embed'),
      supportedParameters: ['dimensions'],
    },
  ],
};
