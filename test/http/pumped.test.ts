import type { ExecutionResult } from 'graphql';
import { expect, it } from 'vitest';
import { Ticker } from '#metrics';
import { closing, resultsOf } from '../../src/http/graphql/results.ts';
import { Pumped } from '../../src/http/graphql/sockets/pumped.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

/** A feed that says the time in seconds, and a reader that takes a result when it is let. */
function stand() {
  const clock = virtualClock(0);
  const ticker = new Ticker<ExecutionResult>({
    clock,
    everyMs: 1_000,
    compute: async () => ({ data: { second: clock.now() / 1_000 } }),
    same: (left, right) => left.data?.['second'] === right.data?.['second'],
    idle: () => {},
    failed: () => {},
  });
  const heard: unknown[] = [];
  let taken = Promise.withResolvers<void>();
  const send = (result: ExecutionResult) => {
    heard.push(result.data?.['second']);
    return taken.promise;
  };
  const take = () => {
    const before = taken;
    taken = Promise.withResolvers();
    before.resolve();
  };
  const open = new Pumped(
    closing(resultsOf(ticker.follow((result) => result)), () => {}),
    send,
  );
  return { clock, heard, take, open, finished: open.next() };
}

it('who reads slowly gets the newest state, never what it missed', async () => {
  const { clock, heard, take } = stand();
  await clock.advance(40_000);
  expect(heard).toEqual([0]);
  take();
  await clock.advance(0);
  expect(heard).toEqual([0, 40]);
});

it('who leaves is sent nothing more, and the feed is let go', async () => {
  const { clock, heard, take, open, finished } = stand();
  await clock.advance(1_000);
  take();
  await clock.advance(0);
  await open.return();
  take();
  await clock.advance(5_000);
  expect((await finished).done).toBe(true);
  expect(heard).toEqual([0, 1]);
  expect(clock.pending).toBe(0);
});
