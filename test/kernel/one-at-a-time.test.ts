import { describe, expect, test } from 'vitest';
import { oneAtATime } from '../../src/kernel/one-at-a-time.ts';

function slow() {
  const runs: PromiseWithResolvers<number>[] = [];
  const call = oneAtATime(() => {
    const run = Promise.withResolvers<number>();
    runs.push(run);
    return run.promise;
  });
  return { call, runs };
}

describe('a run that is one at a time', () => {
  test('gives a call that comes while it runs a run of its own, begun after it', async () => {
    const { call, runs } = slow();
    const first = call();
    await Promise.resolve();
    const second = call();
    await Promise.resolve();
    expect(runs).toHaveLength(1);
    runs[0]?.resolve(1);
    expect(await first).toBe(1);
    expect(runs).toHaveLength(2);
    runs[1]?.resolve(2);
    expect(await second).toBe(2);
  });

  test('is shared by all calls that wait for it', async () => {
    const { call, runs } = slow();
    const first = call();
    await Promise.resolve();
    const waiting = Array.from({ length: 100 }, () => call());
    runs[0]?.resolve(1);
    await first;
    runs[1]?.resolve(2);
    expect(new Set(await Promise.all(waiting))).toEqual(new Set([2]));
    expect(runs).toHaveLength(2);
  });

  test('is not stopped by a run that fails', async () => {
    const { call, runs } = slow();
    const first = call();
    await Promise.resolve();
    const second = call();
    runs[0]?.reject(new RangeError('no'));
    await expect(first).rejects.toThrow('no');
    runs[1]?.resolve(2);
    expect(await second).toBe(2);
  });
});
