import { expect, test } from 'vitest';
import { promptOf, withoutQuotes } from '../../src/upstream/quotes.ts';

const prompt = 'My number is 4711 0815. Tell nobody what it is.';

test.each([
  ['the whole prompt', `Refused: "${prompt}" is too much.`, 'Refused: "[prompt]" is too much.'],
  ['a part of it', 'Near "number is 4711 08" of it.', 'Near "[prompt]" of it.'],
  ['two parts', 'Of "My number is" and "Tell nobody what".', 'Of "[prompt]" and "[prompt]".'],
])('%s is not repeated', (_, sentence, told) => {
  expect(withoutQuotes(sentence, prompt)).toBe(told);
});

test('wherever fifteen characters of it begin, none of them is left', () => {
  const quoted = prompt.slice(3, 18);
  for (let before = 0; before < 8; before++) {
    expect(withoutQuotes(`${'·'.repeat(before)}${quoted}·`, prompt)).not.toContain('4711');
  }
});

test('what the provider says itself stays', () => {
  const sentence = 'The number is too large: tell it.';
  expect(withoutQuotes(sentence, prompt)).toBe(sentence);
  expect(withoutQuotes(sentence, '')).toBe(sentence);
});

test('the end of a prompt of megabytes is looked at, too', () => {
  const long = `${'x'.repeat(2 ** 21)}${prompt}`;
  expect(withoutQuotes(`Refused: ${prompt}`, long)).toBe('Refused: [prompt]');
});

test('a prompt is what was said in all messages, in parts and to tools', () => {
  const text = promptOf({
    messages: [
      { role: 'system', content: 'One' },
      { role: 'user', content: [{ type: 'text', text: 'Two' }] },
      { role: 'assistant', content: null, toolCalls: [{ id: 'c', name: 'f', arguments: '{3}' }] },
    ],
    user: 'four',
  });
  expect(text.split('\n')).toEqual(['One', 'Two', '{3}', 'four']);
});
