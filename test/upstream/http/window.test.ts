import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Gathering, GatheringWindow } from '../../../src/upstream/http/window.ts';
import { virtualClock } from '../../harness/virtual-clock.ts';

/** Windows of twenty milliseconds, and the times at which each was gone on with. */
function windows(count: number) {
  const clock = virtualClock();
  const gathering = new Gathering(clock, 20);
  return {
    clock,
    windows: Array.from({ length: count }, () => {
      const ended: number[] = [];
      const window = new GatheringWindow(() => {
        window.close();
        ended.push(clock.monotonic());
      });
      window.gathering = gathering;
      return { ended, holds: () => window.holds(clock.monotonic()) };
    }),
  };
}

test('a window that is nearly over ends with the turn that reads, others in time', async () => {
  const { clock, windows: both } = windows(2);
  for (const { holds } of both) holds();
  await clock.advance(18);
  both[0]?.holds();
  await nextTurn();
  expect(both.map(({ ended }) => ended)).toEqual([[18], []]);
  await clock.advance(2);
  expect(both.map(({ ended }) => ended)).toEqual([[18], [20]]);
});

test('windows of a length share a timer, and none waits longer than its own time', async () => {
  const { clock, windows: three } = windows(3);
  for (const { holds } of three) {
    holds();
    expect(clock.pending).toBe(1);
    await clock.advance(7);
  }
  await clock.advance(20);
  expect(three.map(({ ended }) => ended)).toEqual([[20], [27], [34]]);
  expect(clock.pending).toBe(0);
});
