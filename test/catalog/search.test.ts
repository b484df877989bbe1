import { expect, it } from 'vitest';
import { readShipped } from '../../src/catalog/catalog.ts';
import { marketOf, rowsOf } from './market-maker.ts';

const market = marketOf(rowsOf(await readShipped()));
const first = (query: string) => market.search(query)[0]?.slug;

it.each([
  ['sonnet', 'anthropic/claude-sonnet-5'],
  ['claude opus', 'anthropic/claude-opus-5.5'],
  ['claud sonet', 'anthropic/claude-sonnet-5'],
  ['haiku', 'anthropic/claude-haiku-4.5'],
  ['claude-sonnet-4-5', 'anthropic/claude-sonnet-4.5'],
  ['opus 4.1', 'anthropic/claude-opus-4.1'],
  ['llama 70b', 'meta-llama/llama-3.3-70b-instruct'],
  ['llama', 'meta-llama/llama-4-scout'],
  ['LLAMA 3.1 8B', 'meta-llama/llama-3.1-8b-instruct'],
  ['gpt 5 mini', 'openai/gpt-5-mini'],
  ['gpt-5-mini', 'openai/gpt-5-mini'],
  ['gpt5', 'openai/gpt-5'],
  ['gpt-4o', 'openai/gpt-4o'],
  ['gpt4o mini', 'openai/gpt-4o-mini'],
  ['gpt-oss', 'openai/gpt-oss-120b'],
  ['o3', 'openai/o3'],
  ['deepseek r1', 'deepseek/deepseek-r1'],
  ['gemini flash', 'google/gemini-3.8-flash'],
  ['gemini 2.5 pro', 'google/gemini-2.5-pro'],
  ['gemni', 'google/gemini-3.8-flash'],
  ['mistral large', 'mistralai/mistral-large-2512'],
  ['qwen coder', 'qwen/qwen3-coder'],
  ['glm', 'z-ai/glm-5.2'],
  ['kimi', 'moonshotai/kimi-k3'],
  ['grok 4', 'x-ai/grok-4'],
  ['phi 4', 'microsoft/phi-4'],
  ['command r', 'cohere/command-r'],
  ['codestral', 'mistralai/codestral-2508'],
  ['openai', 'openai/gpt-5.5'],
  ['4o mini', 'openai/gpt-4o-mini'],
  ['o4-mini', 'openai/o4-mini'],
  ['gpt 4', 'openai/gpt-4'],
  ['command r+', 'cohere/command-r-plus'],
  ['claude latest', 'anthropic/claude-opus-5.5'],
  ['the best claude model', 'anthropic/claude-opus-5.5'],
  ['anthropic/claude-sonnet-4.5:floor', 'anthropic/claude-sonnet-4.5'],
  ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'anthropic/claude-sonnet-4.5'],
  ['ｃｌàｕｄｅ', 'anthropic/claude-opus-5.5'],
])('"%s" finds %s first', (query, slug) => {
  expect(first(query)).toBe(slug);
});

it.each([
  ['cluade', 'anthropic/claude-opus-5.5'],
  ['gtp-5', 'openai/gpt-5'],
  ['lama 70b', 'meta-llama/llama-3.3-70b-instruct'],
  ['deep seek', 'deepseek/deepseek-v3.2'],
  ['open ai gpt 5', 'openai/gpt-5'],
  ['geminiflash', 'google/gemini-3.8-flash'],
  ['claudesonnet45', 'anthropic/claude-sonnet-4.5'],
  ['llama 405', 'meta-llama/llama-3.1-405b-instruct'],
])('the slip in "%s" does not hide %s', (query, slug) => {
  expect(first(query)).toBe(slug);
});

it('what is spelt right is not taken for a slip', () => {
  for (const { slug } of market.search('mixtral')) expect(slug).toContain('mixtral');
});

it.each(['groq', 'amazon bedrock', 'llama groq'])(
  '"%s" finds what that provider offers',
  (query) => {
    const found = market.search(query);
    expect(found.length).toBeGreaterThan(5);
    const slug = query.includes('groq') ? 'groq' : 'amazon-bedrock';
    const sold = found.filter(({ endpoints }) =>
      endpoints.some(({ provider }) => provider.slug === slug),
    );
    expect(sold.length).toBe(found.length);
  },
);

it('an ability finds the models that have it, the newest first, whatever their names', () => {
  const found = market.search('cheap vision');
  expect(found.length).toBeGreaterThan(100);
  for (const { inputModalities } of found) expect(inputModalities).toContain('IMAGE');
  expect(found[0]?.deprecatedAt).toBeNull();
  expect(market.search('claude vision')[0]?.slug).toBe('anthropic/claude-opus-5.5');
});

it('a generation is followed by its versions', () => {
  const slugs = market.search('gpt-5').map(({ slug }) => slug);
  expect(slugs[0]).toBe('openai/gpt-5');
  expect(slugs.indexOf('openai/gpt-5.1')).toBeGreaterThan(slugs.indexOf('openai/gpt-5-nano'));
});

it.each(['', ' ', '%', '?!', 'a'.repeat(300), '克劳德'])('"%s" finds nothing', (query) => {
  expect(market.search(query)).toEqual([]);
});

it('all words of a query are in what is found', () => {
  const found = market.search('llama 70b').map(({ slug, name }) => slug + name.toLowerCase());
  expect(found.length).toBeGreaterThan(3);
  for (const names of found) expect(names).toMatch(/70b/);
});

it('an author finds that author’s models', () => {
  const found = market.search('anthropic');
  expect(found.length).toBeGreaterThan(10);
  for (const { author } of found) expect(author).toBe('anthropic');
});

it('what nothing resembles finds nothing', () => {
  expect(market.search('zzzz qqqq')).toEqual([]);
});
