import { expect, it } from 'vitest';
import { sleep, systemClock } from '#kernel';
import { virtualClock } from '../harness/virtual-clock.ts';

it('a sleep ends when its time has come, not before', async () => {
  const clock = virtualClock();
  let awake = false;
  const sleeping = sleep(clock, 1_000).then(() => (awake = true));
  await clock.advance(999);
  expect(awake).toBe(false);
  await clock.advance(1);
  await sleeping;
  expect(awake).toBe(true);
  expect(clock.pending).toBe(0);
});

it('an abort ends a sleep at once with its reason and leaves no timer', async () => {
  const clock = virtualClock();
  const abort = new AbortController();
  const sleeping = sleep(clock, 1_000, abort.signal);
  abort.abort('enough');
  await expect(sleeping).rejects.toBe('enough');
  expect(clock.pending).toBe(0);
  await expect(sleep(clock, 1_000, abort.signal)).rejects.toBe('enough');
  expect(clock.pending).toBe(0);
});

it('virtual timers run in the order of their time, also those set on the way', async () => {
  const clock = virtualClock(0);
  const seen: string[] = [];
  clock.after(30, () => seen.push(`c${clock.now()}`));
  const repeat = clock.every(10, () => seen.push(`r${clock.now()}`));
  clock.after(5, () => clock.after(10, () => seen.push(`n${clock.now()}`)));
  await clock.advance(30);
  repeat.cancel();
  repeat.cancel();
  await clock.advance(100);
  expect(seen).toEqual(['r10', 'n15', 'r20', 'c30', 'r30']);
  expect(clock.monotonic()).toBe(130);
});

it('a virtual timer runs after everything that the one before set off has settled', async () => {
  const clock = virtualClock(0);
  const seen: string[] = [];
  clock.after(1, async () => {
    for (let turn = 0; turn < 50; turn++) await undefined;
    seen.push('settled');
  });
  clock.after(2, () => seen.push('next'));
  await clock.advance(2);
  expect(seen).toEqual(['settled', 'next']);
});

it('the system clock fires, repeats and stops when cancelled', async () => {
  const before = systemClock.monotonic();
  const fired: string[] = [];
  const never = systemClock.after(0, () => fired.push('cancelled'));
  never.cancel();
  await new Promise<void>((resolve) => {
    const repeat = systemClock.every(1, () => {
      if (fired.push('repeat') < 3) return;
      repeat.cancel();
      systemClock.after(1, resolve);
    });
  });
  expect(fired).toEqual(['repeat', 'repeat', 'repeat']);
  expect(systemClock.monotonic()).toBeGreaterThan(before);
});
