import { expect, it } from 'vitest';
import { wholeThoughts } from '#upstream';

const piece = (text: string, more: object = {}) => ({ type: 'reasoning.text', text, ...more });

it('pieces of a thought are one, up to its signature', () => {
  const pieces = [piece('a'), piece('b'), piece('', { signature: 's' }), piece('c')];
  expect(wholeThoughts(pieces)).toEqual([piece('ab', { signature: 's' }), piece('c')]);
});

it('a signature may come without any text', () => {
  const signature = { type: 'reasoning.text', signature: 's' };
  expect(wholeThoughts([piece('a'), signature])).toEqual([piece('a', { signature: 's' })]);
});

it('what is another thing, or of another format, stays by itself', () => {
  const details = [
    piece('a', { format: 'one' }),
    piece('b', { format: 'two' }),
    { type: 'reasoning.encrypted', data: 'x' },
    piece('c'),
    'anything',
  ];
  expect(wholeThoughts(details)).toEqual(details);
});
