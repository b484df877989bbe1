import { expect, it } from 'vitest';
import type { Content } from '#completions';
import { thinkingBlocks } from '../../src/http/anthropic/thinking.ts';

const blocksOf = (reasoning: string | null, reasoningDetails: unknown) =>
  thinkingBlocks({ reasoning, reasoningDetails } as Content);
const text = (words: string, more: object = {}) => ({
  type: 'reasoning.text',
  text: words,
  ...more,
});
const sealed = { type: 'reasoning.encrypted', data: 'x' };
const thought = (thinking: string, signature = '') => ({ type: 'thinking', thinking, signature });
const redacted = { type: 'redacted_thinking', data: 'x' };

it('thoughts that nobody signed are told beside sealed and signed ones, in their order', () => {
  expect(blocksOf('ab', [text('a'), sealed, text('b')])).toEqual([
    thought('a'),
    redacted,
    thought('b'),
  ]);
  const details = [text('a', { signature: 's' }), text('b')];
  expect(blocksOf('ab', details)).toEqual([thought('a', 's'), thought('b')]);
});

it('a summary is the text of a thought; without any the text stands before what is sealed', () => {
  const summary = { type: 'reasoning.summary', summary: 'In short.' };
  expect(blocksOf('In short.', [summary, sealed])).toEqual([thought('In short.'), redacted]);
  expect(blocksOf('Hm.', [sealed])).toEqual([thought('Hm.'), redacted]);
  expect(blocksOf('Hm.', null)).toEqual([thought('Hm.')]);
});

it('a signature may come without text, and text in pieces', () => {
  const signature = { type: 'reasoning.text', signature: 's' };
  expect(blocksOf('ab', [text('a'), text('b'), signature])).toEqual([thought('ab', 's')]);
});
