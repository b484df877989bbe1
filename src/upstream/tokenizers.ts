/**
 * How a model cuts text into tokens: a public vocabulary of OpenAI's, or, in the sandbox, words
 * with their spaces.
 */
export type Tokenizer = Vocabulary | 'words';

export type Vocabulary = 'o200k_base' | 'o200k_harmony' | 'cl100k_base';

/** As OpenAI's own tiktoken lists them; the first that matches holds. */
const vocabularies: readonly [name: RegExp, vocabulary: Vocabulary][] = [
  [/^openai\/gpt-oss-/, 'o200k_harmony'],
  [/^openai\/(gpt-(4o|4\.[15]|5(?!\.))|chatgpt-4o|o[134](-|$)|codex-mini)/, 'o200k_base'],
  [/^openai\/(gpt-(4|3\.5-turbo)(-|$)|text-embedding-)/, 'cl100k_base'],
];

/** Null for a model whose tokenizer is not public, or not had here. */
export function tokenizerOf(modelSlug: string): Tokenizer | null {
  if (modelSlug.startsWith('sandbox/')) return 'words';
  return vocabularies.find(([name]) => name.test(modelSlug))?.[1] ?? null;
}
