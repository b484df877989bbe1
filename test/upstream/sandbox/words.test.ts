import { expect, test } from 'vitest';
import { countWords, tokensOf } from '../../../src/upstream/sandbox/words.ts';

test.each<[string, readonly string[]]>([
  ['', []],
  [' \n ', [' \n ']],
  ['one', ['one']],
  [' one  two\n', [' one  ', 'two\n']],
])('%j is its words with their spaces', (text, tokens) => {
  expect(tokensOf(text)).toEqual(tokens);
});

/** Whoever tries every way to part them would be at it for days. */
test('a text of white space is read in one go', () => {
  const spaces = ' '.repeat(4_000_000);
  expect(tokensOf(spaces)).toEqual([spaces]);
  expect(tokensOf(`${spaces}one`)).toEqual([`${spaces}one`]);
  expect(countWords(spaces)).toBe(0);
});
