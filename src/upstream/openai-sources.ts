import { jsonDepthMax, nestedWithin } from '#kernel';

/** Where an answer has what it says from, beside its message. */
export interface OpenAiSources {
  /** Perplexity, xAI: addresses, in the order in which the text numbers them. */
  readonly citations?: unknown;
  /** Perplexity: what it found, with titles, dates and snippets. */
  readonly search_results?: unknown;
}

interface Source {
  readonly url: string;
  readonly title?: unknown;
}

/**
 * The sources as OpenAI annotates them, with all that is said of each: of those cited, or of all
 * that were found where none is.
 */
export function annotationsOf({ citations, search_results: results }: OpenAiSources) {
  const found = listOf(results).filter(isSource);
  const byUrl = new Map(found.map((source) => [source.url, source]));
  const cited = listOf(citations)
    .filter((url) => typeof url === 'string')
    .map((url) => byUrl.get(url) ?? { url });
  return (cited.length > 0 ? cited : found).map((source: Source) => ({
    type: 'url_citation',
    url_citation: { ...source, title: source.title ?? source.url },
  }));
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** What nobody can walk is none. */
const isSource = (value: unknown): value is Source =>
  typeof value === 'object' &&
  value !== null &&
  'url' in value &&
  typeof value.url === 'string' &&
  nestedWithin(value, jsonDepthMax);
