import { expect, it } from 'vitest';
import { Affinity } from '../../src/routing/affinity.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

it('a session stays where its last answer came from, and moves with it', () => {
  const affinity = new Affinity(virtualClock());
  expect(affinity.lastOf('a')).toBeNull();
  affinity.remember('a', 'end_1');
  affinity.remember('b', 'end_2');
  expect([affinity.lastOf('a'), affinity.lastOf('b')]).toEqual(['end_1', 'end_2']);
  affinity.remember('a', 'end_3');
  expect(affinity.lastOf('a')).toBe('end_3');
});

it('is forgotten after ten idle minutes, counted from its last answer', async () => {
  const clock = virtualClock();
  const affinity = new Affinity(clock);
  affinity.remember('a', 'end_1');
  await clock.advance(599_999);
  expect(affinity.lastOf('a')).toBe('end_1');
  affinity.remember('a', 'end_1');
  await clock.advance(599_999);
  expect(affinity.lastOf('a')).toBe('end_1');
  await clock.advance(1);
  expect(affinity.lastOf('a')).toBeNull();
});

it('of too many sessions the one that answered longest ago is forgotten', () => {
  const affinity = new Affinity(virtualClock(), 2);
  affinity.remember('a', 'end_1');
  affinity.remember('b', 'end_2');
  affinity.remember('a', 'end_1');
  affinity.remember('c', 'end_3');
  expect(['a', 'b', 'c'].map((session) => affinity.lastOf(session))).toEqual([
    'end_1',
    null,
    'end_3',
  ]);
});
