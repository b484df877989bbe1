import { expect, test } from 'vitest';
import { Fault, silentLog } from '#kernel';
import type { Account } from '../../src/credits/accounts/account.ts';
import { openAccountFeed } from '../../src/credits/accounts/account-feed.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

function stand() {
  const clock = virtualClock();
  let account: Account = { balance: 10n, held: 0n, available: 10n };
  let reads = 0;
  let broken = false;
  const read = async () => {
    reads++;
    if (broken) {
      broken = false;
      throw new Fault('UNAVAILABLE', { public: 'The database does not answer.' });
    }
    return account;
  };
  const feed = openAccountFeed({ clock, log: silentLog, read });
  const left = new AbortController();
  const set = (balance: bigint, held = 0n) => {
    account = { balance, held, available: balance - held };
  };
  return {
    clock,
    feed,
    left,
    set,
    watch: () => feed.watch('org_1', left.signal),
    reads: () => reads,
    breakNextRead: () => {
      broken = true;
    },
  };
}

test('an account is told at once, then when it has changed, the newest state only', async () => {
  const { clock, feed, watch, set } = stand();
  const states = watch();
  expect((await states.next()).value?.balance).toBe(10n);
  const next = states.next();
  set(9n);
  feed.moved(['org_1']);
  set(8n, 1n);
  feed.moved(['org_2', 'org_1']);
  await clock.advance(250);
  expect((await next).value).toEqual({ balance: 8n, held: 1n, available: 7n });
});

test('it is read four times a second at most, and not at all while nothing happens', async () => {
  const { clock, feed, watch, reads, left } = stand();
  const states = watch();
  await states.next();
  await clock.advance(4_000);
  expect(reads()).toBe(1);
  for (let ms = 0; ms < 1_000; ms += 10) {
    feed.moved(['org_1']);
    await clock.advance(10);
  }
  expect(reads()).toBeLessThanOrEqual(6);
  left.abort();
});

test('what nobody said is seen within five seconds', async () => {
  const { clock, watch, set } = stand();
  const states = watch();
  await states.next();
  const next = states.next();
  set(7n);
  await clock.advance(5_000);
  expect((await next).value?.balance).toBe(7n);
});

test('many who watch one account read it together, and nobody reads it afterwards', async () => {
  const { clock, feed, watch, left, reads } = stand();
  const watchers = [watch(), watch(), watch()];
  await Promise.all(watchers.map((states) => states.next()));
  await clock.advance(1_000);
  expect(reads()).toBe(1);
  const ends = watchers.map((states) => states.next());
  left.abort();
  expect((await Promise.all(ends)).every(({ done }) => done)).toBe(true);
  feed.moved(['org_1']);
  await clock.advance(10_000);
  expect([reads(), clock.pending]).toEqual([1, 0]);
});

test('an account that cannot be read now is read again', async () => {
  const { clock, feed, watch, set, breakNextRead } = stand();
  const states = watch();
  await states.next();
  const next = states.next();
  await clock.advance(250);
  breakNextRead();
  set(6n);
  feed.moved(['org_1']);
  await clock.advance(5_000);
  expect((await next).value?.balance).toBe(6n);
});

test('what the figures do not tell is told as well', async () => {
  const { clock, feed, watch } = stand();
  const states = watch();
  await states.next();
  const next = states.next();
  feed.changed('org_1');
  await clock.advance(250);
  expect((await next).done).toBe(false);
});
