import { expect, it } from 'vitest';
import { Coalescer, type UnnumberedDelta } from '../../src/completions/events/coalesce.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

function coalescer(windowMs: number) {
  const clock = virtualClock();
  const sent: UnnumberedDelta[] = [];
  const deltas = new Coalescer({ clock, windowMs, emit: (deltas) => sent.push(...deltas) });
  const say = (text: string) => deltas.push([{ type: 'text', text }]);
  return { clock, deltas, sent, say, texts: () => sent.map((d) => ('text' in d ? d.text : '')) };
}

it('STREAM 6: sends the first content at once', () => {
  const { say, texts } = coalescer(20);
  say('Hello');
  expect(texts()).toEqual(['Hello']);
});

it('STREAM 6: gathers what arrives within the window into one event', async () => {
  const { clock, say, texts } = coalescer(20);
  say('a');
  say('b');
  say('c');
  await clock.advance(19);
  expect(texts()).toEqual(['a']);
  await clock.advance(1);
  expect(texts()).toEqual(['a', 'bc']);
});

it('without a window makes one event of what one read brought', () => {
  const { deltas, texts, say } = coalescer(0);
  say('a');
  deltas.push([
    { type: 'text', text: 'b' },
    { type: 'text', text: 'c' },
  ]);
  expect(texts()).toEqual(['a', 'bc']);
});

it('keeps kinds, tool calls and signed reasoning apart, in order', () => {
  const { deltas, sent } = coalescer(0);
  deltas.push([
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
  const { deltas, sent } = coalescer(0);
  deltas.push([
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
  const { deltas, sent } = coalescer(0);
  const piece = (text: string, more: object = {}) => ({ type: 'reasoning.text', text, ...more });
  const said = (text: string, more: object = {}) =>
    ({ type: 'reasoning', text, details: [piece(text, more)] }) as const;
  deltas.push([said('a'), said('b'), said('', { signature: 's' }), said('c')]);
  expect(sent).toEqual([
    { type: 'ReasoningDelta', text: 'ab', details: [piece('ab', { signature: 's' })] },
    { type: 'ReasoningDelta', text: 'c', details: [piece('c')] },
  ]);
});

it('loses nothing when it is flushed, and sends nothing twice', async () => {
  const { clock, deltas, say, texts } = coalescer(20);
  say('a');
  say('b');
  deltas.flush();
  await clock.advance(100);
  expect(texts()).toEqual(['a', 'b']);
});
