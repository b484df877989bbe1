import { expect, it } from 'vitest';
import { Affinity } from '../../src/routing/affinity.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

const lifeMs = 300_000;

it('a session stays where its last answer came from, and moves with it', () => {
  const affinity = new Affinity(virtualClock());
  expect(affinity.lastOf('a')).toBeNull();
  affinity.remember('a', 'end_1', lifeMs);
  affinity.remember('b', 'end_2', lifeMs);
  expect(affinity.lastOf('a')).toEqual({ endpointId: 'end_1', leftMs: lifeMs });
  expect(affinity.lastOf('b')?.endpointId).toBe('end_2');
  affinity.remember('a', 'end_3', lifeMs);
  expect(affinity.lastOf('a')?.endpointId).toBe('end_3');
});

it('is forgotten when its provider forgets the cache, counted from its last answer', async () => {
  const clock = virtualClock();
  const affinity = new Affinity(clock);
  affinity.remember('a', 'end_1', lifeMs);
  await clock.advance(lifeMs - 1);
  expect(affinity.lastOf('a')).toEqual({ endpointId: 'end_1', leftMs: 1 });
  affinity.remember('a', 'end_1', lifeMs);
  await clock.advance(lifeMs - 1);
  expect(affinity.lastOf('a')).not.toBeNull();
  await clock.advance(1);
  expect(affinity.lastOf('a')).toBeNull();
});

it('of too many sessions the one that answered longest ago is forgotten', () => {
  const affinity = new Affinity(virtualClock(), 2);
  for (const [session, endpoint] of [
    ['a', 'end_1'],
    ['b', 'end_2'],
    ['a', 'end_1'],
    ['c', 'end_3'],
  ] as const) {
    affinity.remember(session, endpoint, lifeMs);
  }
  expect(['a', 'b', 'c'].map((session) => affinity.lastOf(session)?.endpointId)).toEqual([
    'end_1',
    undefined,
    'end_3',
  ]);
});
