import { expect, it } from 'vitest';
import { Heartbeats } from '../../src/http/graphql/sockets/heartbeats.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

/** Heartbeats, and somebody who says when he was called, in seconds. */
function stand() {
  const clock = virtualClock(0);
  const heartbeats = new Heartbeats(clock);
  const somebody = () => {
    const called: number[] = [];
    return { called, beat: () => void called.push(clock.now() / 1_000) };
  };
  return { clock, heartbeats, somebody };
}

it('each is called every twelve seconds, by one timer and in a second of its own', async () => {
  const { clock, heartbeats, somebody } = stand();
  const [early, late] = [somebody(), somebody()];
  heartbeats.join(early);
  await clock.advance(5_000);
  heartbeats.join(late);
  expect(clock.pending).toBe(1);
  await clock.advance(25_000);
  expect([early.called, late.called]).toEqual([
    [12, 24],
    [17, 29],
  ]);
});

it('who left is not called, and nothing ticks for nobody', async () => {
  const { clock, heartbeats, somebody } = stand();
  const [first, second] = [somebody(), somebody()];
  for (const each of [first, second]) heartbeats.join(each);
  heartbeats.leave(first);
  await clock.advance(12_000);
  heartbeats.leave(second);
  expect([first.called, second.called]).toEqual([[], [12]]);
  expect(clock.pending).toBe(0);
  heartbeats.join(first);
  await clock.advance(12_000);
  expect(first.called).toEqual([24]);
});
