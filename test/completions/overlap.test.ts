import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UpstreamEvent } from '#upstream';
import { Overlap } from '../../src/completions/attempt/overlap.ts';

/** What a caller has of an answer that broke off after `said` and was gone on with like this. */
function whole(said: string, pieces: readonly string[]): string {
  const overlap = new Overlap(said);
  const events = [
    ...pieces.map((text): UpstreamEvent => ({ type: 'text', text })),
    { type: 'finish', reason: { unified: 'STOP', raw: 'stop' } } as const,
  ];
  const passed = events.flatMap((event) => overlap.pass([event]));
  expect(passed.at(-1)?.type).toBe('finish');
  return said + passed.map((event) => (event.type === 'text' ? event.text : '')).join('');
}

const cut = (text: string, every: number) => text.match(new RegExp(`.{1,${every}}`, 'gsu')) ?? [];

describe('an answer that is gone on with', () => {
  const answer = 'The quick brown fox jumps over the lazy dog, and then it sleeps.';
  const said = answer.slice(0, 30);

  it.each([1, 3, 7, 100])('comes whole when it goes on at once, in pieces of %i', (size) => {
    expect(whole(said, cut(answer.slice(30), size))).toBe(answer);
  });

  it.each([1, 3, 7, 100])('says nothing twice when it begins anew, in pieces of %i', (size) => {
    expect(whole(said, cut(answer, size))).toBe(answer);
  });

  it.each([1, 3, 7, 100])('says its last words once when they come again, in pieces of %i', (n) => {
    expect(whole(said, cut(answer.slice(12), n))).toBe(answer);
  });

  it('loses nothing that only looks like a repetition', () => {
    expect(whole('Ba', ['na', 'na'])).toBe('Banana');
    expect(whole('It is good, good', ['y'])).toBe('It is good, goody');
    expect(whole('one two three four', [' two', ' three', '!'])).toBe(
      'one two three four two three!',
    );
  });

  it('whatever was said, wherever it broke, however it is cut: once each', () => {
    const text = fc.string({ minLength: 24, maxLength: 60, unit: 'grapheme' });
    fc.assert(
      fc.property(text, fc.nat(), fc.integer({ min: 1, max: 9 }), (all, at, size) => {
        const break_ = 12 + (at % (all.length - 12));
        fc.pre(new Set(all).size > 16);
        expect(whole(all.slice(0, break_), cut(all, size))).toBe(all);
      }),
    );
  });

  it('thoughts on where to go on are not passed on', () => {
    const overlap = new Overlap('x');
    expect(overlap.pass([{ type: 'reasoning', text: 'Where was I?' }])).toEqual([]);
  });
});
