import { expect, it } from 'vitest';
import { openSpeller } from '../../src/catalog/spelling.ts';

const speller = openSpeller(
  new Map([
    ['anthropic', 40],
    ['claude', 20],
    ['llama', 15],
    ['gpt', 50],
    ['gemini', 25],
    ['flash', 18],
    ['lite', 9],
    ['deepseek', 20],
    ['deep', 2],
    ['open', 3],
    ['ai', 30],
    ['openai', 60],
    ['chat', 9],
    ['chatgpt', 1],
    ['4.5', 6],
    ['70b', 12],
    ['haiku', 3],
    ['hairu', 2],
  ]),
);

it.each([
  ['cluade', 'claude'],
  ['clude', 'claude'],
  ['claudde', 'claude'],
  ['clauda', 'claude'],
  ['cluad', 'claude'],
  ['lama', 'llama'],
  ['gtp', 'gpt'],
  ['anthorpci', 'anthropic'],
  ['hairo', 'hairu'],
  ['geminiflashlite', 'gemini flash lite'],
  ['45', '4.5'],
  ['70', '70b'],
])('%s is %s', (typed, meant) => {
  expect(speller.mended([typed])).toEqual(meant.split(' '));
});

it.each(['claude', 'cl', 'gpd', 'xyz', '99', 'mistral', 'a'.repeat(300)])('%s stays', (typed) => {
  expect(speller.mended([typed])).toEqual([typed]);
});

it('joins what occurs more often in one piece', () => {
  expect(speller.joined(['deep', 'seek'])).toEqual(['deepseek']);
  expect(speller.joined(['open', 'ai', 'gpt'])).toEqual(['openai', 'gpt']);
  expect(speller.joined(['chat', 'gpt'])).toEqual(['chat', 'gpt']);
  expect(speller.joined([])).toEqual([]);
});
