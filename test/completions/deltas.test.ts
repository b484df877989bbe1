import { expect, it } from 'vitest';
import { deltasIn } from '../../src/completions/events/deltas.ts';

it('STREAM 6: makes one event of texts that came together', () => {
  const texts = ['a', '', 'b'].map((text) => ({ type: 'text', text }) as const);
  expect(deltasIn(texts)).toEqual([{ type: 'TextDelta', text: 'ab' }]);
});

it('leaves aside what is no delta', () => {
  const reason = { unified: 'STOP', raw: 'stop' } as const;
  expect(deltasIn([{ type: 'finish', reason }])).toEqual([]);
});

it('keeps kinds, tool calls and signed reasoning apart, in order', () => {
  const sent = deltasIn([
    { type: 'reasoning', text: 'hm' },
    { type: 'reasoning', text: '', details: { signature: 's' } },
    { type: 'text', text: 'x' },
    { type: 'toolCall', index: 0, callId: 'c', name: 'f', arguments: '{' },
    { type: 'toolCall', index: 0, arguments: '}' },
    { type: 'toolCall', index: 1, callId: 'd', name: 'g', arguments: '{}' },
  ]);
  expect(sent).toEqual([
    { type: 'ReasoningDelta', text: 'hm', details: null },
    { type: 'ReasoningDelta', text: '', details: { signature: 's' } },
    { type: 'TextDelta', text: 'x' },
    { type: 'ToolCallDelta', index: 0, callId: 'c', name: 'f', arguments: '{}' },
    { type: 'ToolCallDelta', index: 1, callId: 'd', name: 'g', arguments: '{}' },
  ]);
});

it('keeps a refusal apart from what was said before it', () => {
  const sent = deltasIn([
    { type: 'text', text: 'Well.' },
    { type: 'refusal', text: 'I ' },
    { type: 'refusal', text: 'will not.' },
  ]);
  expect(sent).toEqual([
    { type: 'TextDelta', text: 'Well.' },
    { type: 'TextDelta', text: 'I will not.', refusal: true },
  ]);
});

it('joins the pieces of one thought with its signature, and no two thoughts', () => {
  const piece = (text: string, more: object = {}) => ({ type: 'reasoning.text', text, ...more });
  const said = (text: string, more: object = {}) =>
    ({ type: 'reasoning', text, details: [piece(text, more)] }) as const;
  const sent = deltasIn([said('a'), said('b'), said('', { signature: 's' }), said('c')]);
  expect(sent).toEqual([
    { type: 'ReasoningDelta', text: 'ab', details: [piece('ab', { signature: 's' })] },
    { type: 'ReasoningDelta', text: 'c', details: [piece('c')] },
  ]);
});
