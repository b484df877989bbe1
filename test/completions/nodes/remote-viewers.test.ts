import { expect, it } from 'vitest';
import { RemoteViewers } from '../../../src/completions/nodes/remote-viewers.ts';
import type { Running } from '../../../src/completions/runs/running.ts';
import { virtualClock } from '../../harness/virtual-clock.ts';

const one = { viewer: 'one', after: 0 };

/** A run of which only its viewers and the waking of those who wait are of interest. */
function watched() {
  const clock = virtualClock();
  const left: string[] = [];
  const waiting = new Set<() => void>();
  const running = {
    attach: () => ({ leave: (how: string) => left.push(how) }),
    log: {
      onMore(wake: () => void) {
        waiting.add(wake);
        return () => waiting.delete(wake);
      },
    },
  } as unknown as Running; // nothing else of it is asked
  return { clock, viewers: new RemoteViewers(clock), running, left, waiting };
}

it('STREAM 21: a viewer that says nothing for five seconds has lost its connection', async () => {
  const { clock, viewers, running, left } = watched();
  viewers.follow(running, one, () => false);
  for (let second = 0; second < 20; second++) {
    await clock.advance(1_000);
    viewers.stay('one');
  }
  expect(left).toEqual([]);
  await clock.advance(5_000);
  expect(left).toEqual(['connection lost']);
  viewers.leave('one', 'for good');
  expect(left.length).toBe(1);
});

it('who says that it leaves has left, and waits for nothing more', () => {
  const { viewers, running, left, waiting } = watched();
  viewers.follow(running, one, () => false);
  expect(waiting.size).toBe(1);
  viewers.leave('one', 'for good');
  expect(left).toEqual(['for good']);
  expect(waiting.size).toBe(0);
});

it('a question that comes again takes the place of the former one', () => {
  const { viewers, running, waiting } = watched();
  viewers.follow(running, one, () => false);
  viewers.follow(running, one, () => false);
  expect(waiting.size).toBe(1);
});

it('a viewer begins until it has something', () => {
  const { viewers, running } = watched();
  const told: boolean[] = [];
  for (const after of [3, 3, 7]) {
    viewers.follow(running, { viewer: 'one', after }, (begins) => told.push(begins) > 0);
  }
  expect(told).toEqual([true, true, false]);
});
