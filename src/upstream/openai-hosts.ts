import { type Dialect, dialectOf, dialects } from './openai-dialect.ts';

/** How one service that speaks OpenAI's chat completions is reached and spoken to. */
export interface OpenAiHost {
  /** Below the base URL as the service's AI SDK package takes it. */
  readonly path: string;
  /** Whether a base URL already leads to where `path` would. */
  readonly within?: RegExp;
  /** Where the credential goes; `authorization` is a bearer. */
  readonly credential: 'authorization' | 'api-key';
  dialect(url: URL, provider: string | undefined): Dialect;
}

const plain: OpenAiHost = {
  path: '',
  credential: 'authorization',
  dialect: dialectOf,
};

const spoken = (dialect: Dialect): OpenAiHost => ({ ...plain, dialect: () => dialect });

/**
 * Connectors by the names of AI SDK packages whose services speak this protocol: docs/decisions
 * says why they are spoken to by our own connector.
 */
export const openAiHosts: ReadonlyMap<string, OpenAiHost> = new Map([
  ['openai-compatible', plain],
  ['openai', spoken(dialects.openAi)],
  [
    'azure',
    {
      ...spoken(dialects.openAi),
      path: '/v1',
      within: /\/(v1|deployments\/[^/]+)$/,
      credential: 'api-key',
    },
  ],
  ['mistral', spoken(dialects.mistral)],
  ['xai', spoken(dialects.strict)],
  ['groq', spoken(dialects.strict)],
  ['deepseek', spoken(dialects.deepSeek)],
  ['cerebras', spoken(dialects.unmarked)],
  ['perplexity', spoken(dialects.unmarked)],
  ['togetherai', spoken(dialects.together)],
  ['vercel', plain],
  ['fireworks', spoken(dialects.strict)],
  ['deepinfra', { ...plain, path: '/openai', within: /\/openai$/ }],
]);

/** `…/chat/completions`; a query of the base URL (Azure's `api-version`) stays. */
export const completionsUrl = (baseUrl: string, host: OpenAiHost): URL =>
  placeBelow(baseUrl, host, 'chat/completions');

export const embeddingsUrl = (baseUrl: string, host: OpenAiHost): URL =>
  placeBelow(baseUrl, host, 'embeddings');

function placeBelow(baseUrl: string, { path, within }: OpenAiHost, place: string): URL {
  const url = new URL(baseUrl);
  const base = url.pathname.replace(/\/+$/, '');
  url.pathname = `${base}${within?.test(base) ? '' : path}/${place}`;
  return url;
}
