import type { UpstreamUsage } from './connector.ts';

/**
 * The usage object as services send it; where they differ, all known places of a figure are
 * listed.
 */
export interface OpenAiUsage {
  readonly prompt_tokens?: unknown;
  readonly completion_tokens?: unknown;
  readonly total_tokens?: unknown;
  /** OpenAI, Groq, Together, vLLM, xAI; `cache_write_tokens` is OpenRouter's. */
  readonly prompt_tokens_details?: {
    readonly cached_tokens?: unknown;
    readonly cache_write_tokens?: unknown;
    readonly cache_creation_tokens?: unknown;
  } | null;
  readonly completion_tokens_details?: { readonly reasoning_tokens?: unknown } | null;
  /** DeepSeek. */
  readonly prompt_cache_hit_tokens?: unknown;
  /** Moonshot. */
  readonly cached_tokens?: unknown;
  /** Services in front of Anthropic. */
  readonly cache_read_input_tokens?: unknown;
  readonly cache_creation_input_tokens?: unknown;
  readonly reasoning_tokens?: unknown;
  /** Perplexity: it searched, and its reasoning is neither in the completion nor in the total. */
  readonly num_search_queries?: unknown;
}

/**
 * Null when it is no usage: a figure is missing, not a whole number, or all are zero
 * (placeholders of some services). What cannot be, more cached tokens than prompt tokens, say, is
 * cut to what can.
 */
export function readUsage(usage: OpenAiUsage): UpstreamUsage | null {
  const prompt = count(usage.prompt_tokens);
  const completion = count(usage.completion_tokens);
  if (prompt === null || completion === null || prompt + completion === 0) return null;
  const inPrompt = usage.prompt_tokens_details;
  const reasoning = first(
    usage.completion_tokens_details?.reasoning_tokens,
    usage.reasoning_tokens,
  );
  // xAI counts reasoning beside the completion instead of in it, which its total tells; Perplexity
  // does, too.
  const told = count(usage.total_tokens) === prompt + completion + reasoning;
  const beside = reasoning > 0 && (told || count(usage.num_search_queries) !== null);
  const all = beside ? completion + reasoning : completion;
  const cacheRead = Math.min(
    prompt,
    first(
      inPrompt?.cached_tokens,
      usage.prompt_cache_hit_tokens,
      usage.cache_read_input_tokens,
      usage.cached_tokens,
    ),
  );
  const cacheWrite = Math.min(
    prompt - cacheRead,
    first(
      inPrompt?.cache_write_tokens,
      inPrompt?.cache_creation_tokens,
      usage.cache_creation_input_tokens,
    ),
  );
  return { prompt, completion: all, cacheRead, cacheWrite, reasoning: Math.min(reasoning, all) };
}

function first(...values: readonly unknown[]): number {
  for (const value of values) {
    const tokens = count(value);
    if (tokens !== null) return tokens;
  }
  return 0;
}

const count = (value: unknown): number | null => (isCount(value) ? value : null);

/** A number of tokens is whole and not negative. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
