import { expect, test } from 'vitest';
import { type OpenAiUsage, readUsage } from '../../src/upstream/openai-usage.ts';

const of = (more: OpenAiUsage) => readUsage({ prompt_tokens: 100, completion_tokens: 10, ...more });

test.each<[string, OpenAiUsage, object]>([
  ["OpenAI's cached tokens", { prompt_tokens_details: { cached_tokens: 64 } }, { cacheRead: 64 }],
  ["DeepSeek's cache hits", { prompt_cache_hit_tokens: 64 }, { cacheRead: 64 }],
  ["Moonshot's cached tokens", { cached_tokens: 64 }, { cacheRead: 64 }],
  ["Anthropic's names", { cache_creation_input_tokens: 9 }, { cacheWrite: 9 }],
  ["OpenRouter's writes", { prompt_tokens_details: { cache_write_tokens: 9 } }, { cacheWrite: 9 }],
  ['reasoning', { completion_tokens_details: { reasoning_tokens: 7 } }, { reasoning: 7 }],
  ['reasoning at the top', { reasoning_tokens: 7 }, { reasoning: 7 }],
])('%s are read', (_, given, expected) => {
  expect(of(given)).toMatchObject({ prompt: 100, completion: 10, ...expected });
});

test('reasoning that is counted beside the completion is added to it', () => {
  const details = { completion_tokens_details: { reasoning_tokens: 30 } };
  expect(of({ ...details, total_tokens: 140 })).toMatchObject({ completion: 40, reasoning: 30 });
});

test("Perplexity's reasoning is beside its completion, whatever its total says", () => {
  const usage = of({ total_tokens: 110, num_search_queries: 5, reasoning_tokens: 30 });
  expect(usage).toMatchObject({ completion: 40, reasoning: 30 });
});

test('what cannot be is cut to what can', () => {
  const usage = of({
    prompt_tokens_details: { cached_tokens: 90, cache_write_tokens: 50 },
    completion_tokens_details: { reasoning_tokens: 99 },
  });
  expect(usage).toMatchObject({ cacheRead: 90, cacheWrite: 10, reasoning: 10 });
});

test.each<[string, OpenAiUsage]>([
  ['without a figure', { prompt_tokens: 3 }],
  ['with a negative figure', { prompt_tokens: -1, completion_tokens: 2 }],
  ['with a fraction', { prompt_tokens: 1.5, completion_tokens: 2 }],
  ['beyond what is exact', { prompt_tokens: 2 ** 53, completion_tokens: 2 }],
  ['as text', { prompt_tokens: '3', completion_tokens: '2' }],
  ['all zero', { prompt_tokens: 0, completion_tokens: 0 }],
])('usage %s is none', (_, given) => {
  expect(readUsage(given)).toBeNull();
});
