import { expect, test } from 'vitest';
import { silentLog } from '#kernel';
import type { Account } from '../../src/credits/account.ts';
import { openAccountFeed } from '../../src/credits/account-feed.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

function stand() {
  const clock = virtualClock();
  let account: Account = { balance: 10n, held: 0n, available: 10n };
  let reads = 0;
  const read = async () => {
    reads++;
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
  };
}

test('an account is told at once, then when it has changed, the newest state only', async () => {
  const { clock, watch, set } = stand();
  const states = watch();
  expect((await states.next()).value?.balance).toBe(10n);
  const next = states.next();
  await clock.advance(1_000);
  set(9n);
  set(8n, 1n);
  await clock.advance(250);
  expect((await next).value).toEqual({ balance: 8n, held: 1n, available: 7n });
});

test('many who watch one account read it once a tick, and nobody reads it afterwards', async () => {
  const { clock, watch, left, reads } = stand();
  const watchers = [watch(), watch(), watch()];
  await Promise.all(watchers.map((states) => states.next()));
  const before = reads();
  await clock.advance(1_000);
  expect(reads() - before).toBe(4);
  const ends = watchers.map((states) => states.next());
  left.abort();
  expect((await Promise.all(ends)).every(({ done }) => done)).toBe(true);
  expect(clock.pending).toBe(0);
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
