import { expect, it } from 'vitest';
import { openAttempts } from '#limits';
import { recordingLog } from '../harness/recording-log.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

it('too many guesses wait, are told to the operator once, and say how long', async () => {
  const [log, clock] = [recordingLog(), virtualClock()];
  const attempts = await openAttempts({ redisUrl: null, prefix: 'alone', clock, log });
  for (let guess = 0; guess < 10; guess++) {
    expect(await attempts.take('password', 'mallory')).toBeNull();
    expect(attempts.waiting('password', 'mallory')).toBeNull();
  }
  expect(log.lines).toEqual([]);
  for (let guess = 0; guess < 3; guess++) {
    expect(await attempts.take('password', 'mallory')).toBeGreaterThan(0);
  }
  expect(attempts.waiting('password', 'mallory')).toBeGreaterThan(0);
  expect(await attempts.take('password', 'somebody else')).toBeNull();
  expect(log.lines).toMatchObject([
    { level: 'warn', message: 'guessing is slowed', fields: { topic: 'password' } },
  ]);
  await clock.advance(300_000);
  expect(attempts.waiting('password', 'mallory')).toBeNull();
  attempts.close();
});

it('what was right is given back, so that who signs in often never waits', async () => {
  const [log, clock] = [recordingLog(), virtualClock()];
  const attempts = await openAttempts({ redisUrl: null, prefix: 'alone', clock, log });
  for (let signIn = 0; signIn < 30; signIn++) {
    expect(await attempts.take('password', 'ada')).toBeNull();
    await attempts.giveBack('password', 'ada');
  }
  attempts.close();
});
