/**
 * Where the services that speak OpenAI's protocol differ in what they accept. A field that a
 * strict service does not know makes it refuse the whole request, so it is left out for that
 * service.
 */
export interface Dialect {
  /** The name of the output cap: OpenAI's reasoning models refuse the older `max_tokens`. */
  readonly cap: 'max_tokens' | 'max_completion_tokens';
  /** Knows the role `developer`; elsewhere it is said as `system`. */
  readonly developerRole: boolean;
  /** Ends a stream with `[DONE]`; elsewhere the end of the body behind a finish reason is it. */
  readonly endMark: boolean;
  /** Takes `cache_control` on parts, messages and tools; elsewhere prompts are cached unasked. */
  readonly cacheMarks: boolean;
  /** Takes pictures and files in the result of a tool; elsewhere that is text alone. */
  readonly mediaInResults: boolean;
  /** Takes `reasoning_details` and pictures of an earlier answer on a message. */
  readonly extensions: boolean;
  /** Takes OpenRouter's `reasoning` object; elsewhere `reasoning_effort`. */
  readonly reasoningObject: boolean;
  readonly seed: 'seed' | 'random_seed';
  /** Has to be asked for usage in a stream. */
  readonly streamOptions: boolean;
  /**
   * Refuses an assistant's turn without what was thought in it (“reasoning_content is missing in
   * assistant tool call message”); elsewhere the field is unknown.
   */
  readonly thoughtsBack: boolean;
  readonly user: boolean;
}

const common: Dialect = {
  cacheMarks: true,
  cap: 'max_tokens',
  developerRole: false,
  endMark: true,
  extensions: true,
  mediaInResults: false,
  reasoningObject: false,
  seed: 'seed',
  streamOptions: true,
  thoughtsBack: false,
  user: true,
};

/** Knows the protocol's own fields and no others. */
const strict: Dialect = { ...common, cacheMarks: false, extensions: false };
const openAi: Dialect = { ...strict, cap: 'max_completion_tokens', developerRole: true };
const deepSeek: Dialect = { ...strict, thoughtsBack: true };
const moonshot: Dialect = { ...common, thoughtsBack: true };
/** Caches by itself. */
const together: Dialect = { ...common, cacheMarks: false };
const openRouter: Dialect = { ...common, mediaInResults: true, reasoningObject: true };
/**
 * Refuses unknown fields (422, `extra_forbidden`), names the seed otherwise and always reports
 * usage.
 */
const mistral: Dialect = {
  ...strict,
  mediaInResults: true,
  seed: 'random_seed',
  streamOptions: false,
  user: false,
};

/** Cerebras and Perplexity, as recorded: usage and finish reason come on the last chunk. */
const unmarked: Dialect = { ...strict, endMark: false };

export const dialects = { openAi, strict, deepSeek, mistral, unmarked, together } as const;

const byHost: ReadonlyMap<string, Dialect> = new Map([
  ['api.openai.com', openAi],
  ['openrouter.ai', openRouter],
  ['api.mistral.ai', mistral],
  ['api.groq.com', strict],
  ['api.x.ai', strict],
  ['api.deepseek.com', deepSeek],
  ['api.xiaomimimo.com', deepSeek],
  ['api.moonshot.ai', moonshot],
  ['api.moonshot.cn', moonshot],
  // “Extra inputs are not permitted, field: 'messages[0].content.list[…][0].cache_control'”
  ['api.fireworks.ai', strict],
  ['generativelanguage.googleapis.com', strict],
  ['api.together.xyz', together],
  ['api.together.ai', together],
  ['api.cerebras.ai', unmarked],
  ['api.perplexity.ai', unmarked],
]);

/** The slugs of the catalog, for a proxy in front of the service. */
const byProvider: ReadonlyMap<string, Dialect> = new Map([
  ['openai', openAi],
  ['mistral', mistral],
  ['groq', strict],
  ['xai', strict],
  ['deepseek', deepSeek],
  ['xiaomi', deepSeek],
  ['moonshotai', moonshot],
  ['fireworks', strict],
  ['together', together],
  ['cerebras', unmarked],
  ['perplexity', unmarked],
]);

/**
 * Decided by the host of the base URL, which a provider of any name may have; behind an unknown
 * host by the provider. An unknown one takes everything that the protocol's users commonly send.
 */
export function dialectOf(url: URL, provider = ''): Dialect {
  if (url.hostname.endsWith('.openai.azure.com')) return openAi;
  return byHost.get(url.hostname) ?? byProvider.get(provider) ?? common;
}
