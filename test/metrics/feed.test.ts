import { describe, expect, it, test } from 'vitest';
import { Fault } from '#kernel';
import { Figures, tickOf, updateOf } from '#metrics';
import { Ticker } from '../../src/metrics/ticker.ts';
import { virtualClock } from '../harness/virtual-clock.ts';
import { sample } from './sample-maker.ts';

const busy = (times: number) => {
  const figures = new Figures();
  for (let time = 0; time < times; time++) figures.add(sample());
  return figures;
};
const tick = (...states: readonly [id: string, requests: number, status?: string][]) =>
  tickOf(
    new Date(0),
    states.map(([id, requests, status = 'UP']) => ({
      id,
      item: id,
      status,
      figures: busy(requests),
    })),
    1,
  );
const told = ({ snapshot, changed, removed }: ReturnType<typeof updateOf<string>>) => ({
  snapshot,
  changed: changed.map(({ id }) => id),
  removed: removed.map(({ id }) => id),
});

describe('what a follower is told', () => {
  test('is everything at first, then what changed, and what is gone', () => {
    const first = tick(['a', 1], ['b', 0], ['c', 0]);
    expect(told(updateOf(null, first))).toEqual({
      snapshot: true,
      changed: ['a', 'b', 'c'],
      removed: [],
    });
    const second = tick(['a', 2], ['b', 0, 'DOWN']);
    expect(told(updateOf(first, second))).toEqual({
      snapshot: false,
      changed: ['a', 'b'],
      removed: ['c'],
    });
  });

  it('is one object for all who are in step', () => {
    const [first, second] = [tick(['a', 1]), tick(['a', 2])];
    expect(updateOf(first, second)).toBe(updateOf(first, second));
    expect(updateOf(null, second)).toBe(updateOf(null, second));
  });
});

describe('a ticker', () => {
  function counting() {
    const clock = virtualClock();
    const computed: number[] = [];
    let value = 1;
    let idle = 0;
    const ticker = new Ticker({
      clock,
      everyMs: 1_000,
      compute: async () => {
        computed.push(value);
        return value;
      },
      same: (left, right) => left === right,
      idle: () => idle++,
      failed: () => undefined,
    });
    const follow = () => {
      const seen: number[] = [];
      const follower = ticker.follow((one) => one);
      const done = follower.each((one) => void seen.push(one));
      return { seen, leave: () => void follower.return(), done };
    };
    const become = (next: number) => {
      value = next;
    };
    return { clock, ticker, computed, follow, become, idle: () => idle };
  }

  it('gives the value at once, then only when it has changed', async () => {
    const { clock, follow, become } = counting();
    const { seen, leave, done } = follow();
    await clock.advance(5_000);
    expect(seen).toEqual([1]);
    become(2);
    await clock.advance(1_000);
    expect(seen).toEqual([1, 2]);
    leave();
    await done;
  });

  it('computes once a tick, however many follow', async () => {
    const { clock, computed, follow } = counting();
    const followers = Array.from({ length: 50 }, follow);
    await clock.advance(3_000);
    expect(computed.length).toBe(4);
    for (const { leave } of followers) leave();
    await Promise.all(followers.map(({ done }) => done));
  });

  it('stops when nobody follows any more', async () => {
    const { clock, follow, idle } = counting();
    const { leave, done } = follow();
    await clock.advance(1_000);
    leave();
    await done;
    expect(idle()).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it('lets go of who leaves before there is a value, and begins anew for the next', async () => {
    const { clock, computed, follow, become } = counting();
    const first = follow();
    first.leave();
    await first.done;
    await clock.advance(0);
    become(2);
    const second = follow();
    await clock.advance(0);
    expect([first.seen, second.seen, computed]).toEqual([[], [2], [1, 2]]);
    second.leave();
    await second.done;
    expect(clock.pending).toBe(0);
  });

  it('can be iterated as well, and left while it waits', async () => {
    const { clock, ticker } = counting();
    const follower = ticker.follow((one) => one);
    expect(await follower.next()).toEqual({ done: false, value: 1 });
    const waiting = follower.next();
    await follower.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(clock.pending).toBe(0);
  });

  it('fails for whoever comes while the first value cannot be had', async () => {
    const clock = virtualClock();
    const ticker = new Ticker<number>({
      ...{ clock, everyMs: 1_000, same: Object.is, idle: () => {}, failed: () => {} },
      compute: () => Promise.reject(new Fault('UNAVAILABLE', { public: 'Not now.' })),
    });
    await expect(ticker.follow(String).each(() => {})).rejects.toThrow('Not now.');
    await expect(ticker.follow(String).next()).rejects.toThrow('Not now.');
    expect(clock.pending).toBe(0);
  });

  it('gives a slow follower the newest value, never what it missed', async () => {
    const { clock, follow, become } = counting();
    const { seen, leave, done } = follow();
    await clock.advance(0);
    become(2);
    become(3);
    await clock.advance(1_000);
    expect(seen).toEqual([1, 3]);
    leave();
    await done;
  });
});
