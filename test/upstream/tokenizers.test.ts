import { expect, it } from 'vitest';
import { countTokens, tokenizerOf } from '#upstream';

it.each([
  ['openai/gpt-4o-mini', 'o200k_base'],
  ['openai/gpt-4.1', 'o200k_base'],
  ['openai/o3-pro', 'o200k_base'],
  ['openai/gpt-5-nano', 'o200k_base'],
  ['openai/gpt-oss-20b', 'o200k_harmony'],
  ['openai/gpt-4', 'cl100k_base'],
  ['openai/gpt-4-turbo', 'cl100k_base'],
  ['openai/gpt-3.5-turbo-16k', 'cl100k_base'],
  ['sandbox/echo', 'words'],
  ['openai/gpt-6-sol', null],
  ['anthropic/claude-sonnet-4.5', null],
  ['acme/gpt-4o', null],
])('the tokenizer of %s is %s', (slug, tokenizer) => {
  expect(tokenizerOf(slug)).toBe(tokenizer);
});

// What OpenAI's cookbook, "How to count tokens with tiktoken", has for its birthday greeting.
it.each([
  ['cl100k_base', 9],
  ['o200k_base', 8],
  ['o200k_harmony', 8],
  ['words', 1],
] as const)('%s cuts the same text into %i tokens', async (tokenizer, tokens) => {
  expect(await countTokens('お誕生日おめでとう', tokenizer)).toBe(tokens);
});
