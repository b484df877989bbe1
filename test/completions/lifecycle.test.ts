import { describe, expect, it } from 'vitest';
import { advance, lifecycle, type State, type Step } from '../../src/completions/lifecycle.ts';

const path = (...steps: Step[]): State => steps.reduce<State>(advance, 'QUEUED');

describe('the life of a completion', () => {
  it('answers at the first endpoint', () => {
    expect(path('admit', 'send', 'content', 'end', 'acknowledge')).toBe('DURABLE');
  });

  it('tries another endpoint as long as there was no content', () => {
    expect(path('admit', 'send', 'fail', 'send', 'content')).toBe('ANSWERING');
  });

  it('can end at any point before it has ended', () => {
    const states = Object.keys(lifecycle) as State[];
    const ends = states.filter((state) => lifecycle[state].end === 'ENDED');
    expect(ends).toEqual(['QUEUED', 'ADMITTED', 'TRYING', 'ANSWERING']);
  });

  it('reaches only states of the table, and every one of them', () => {
    const reached = new Set<string>(['QUEUED']);
    for (const steps of Object.values(lifecycle)) {
      for (const next of Object.values(steps)) if (next !== 'refused') reached.add(next);
    }
    expect([...reached].sort()).toEqual(Object.keys(lifecycle).sort());
  });

  it.each(
    (Object.entries(lifecycle) as [State, Record<Step, State | 'refused'>][]).flatMap(
      ([state, steps]) =>
        (Object.entries(steps) as [Step, State | 'refused'][]).map(
          ([step, next]) => [state, step, next] as const,
        ),
    ),
  )('%s, %s: %s', (state, step, next) => {
    if (next === 'refused') expect(() => advance(state, step)).toThrow(`cannot ${step}`);
    else expect(advance(state, step)).toBe(next);
  });

  it('never tries again what has given content, and never ends twice', () => {
    expect(() => path('admit', 'send', 'content', 'fail')).toThrow('cannot fail');
    expect(() => path('admit', 'end', 'end')).toThrow('cannot end');
  });
});
