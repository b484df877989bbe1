import { beforeEach, expect, test } from 'vitest';
import { Watch } from '../../src/credits/session/watch.ts';
import { type VirtualClock, virtualClock } from '../harness/virtual-clock.ts';

/** A node among others, none of which is ever heard: the bus is silent. */
let clock: VirtualClock;
let watch: Watch;
let committed: bigint;
let applied: bigint;
let live: readonly number[];
/** Whether the database answers. */
let answers: boolean;
let looks: bigint[];

beforeEach(() => {
  clock = virtualClock();
  [committed, applied, answers, live, looks] = [0n, 0n, true, [1, 2], []];
  watch = new Watch({
    statements: {
      changeNumber: () => (answers ? Promise.resolve(committed) : new Promise(() => undefined)),
    },
    clock,
    applied: () => applied,
    session: () => 1,
    live: () => live,
    databaseMs: () => clock.now(),
    looked: (change) => looks.push(change),
    say: () => undefined,
  });
});

test('a revocation of which the bus says nothing is read within 300 ms', async () => {
  await clock.advance(5_000);
  committed = 1n;
  looks = [];
  await clock.advance(300);
  expect(looks).toEqual([1n]);
});

test('what was read and is not applied yet keeps a node from admitting after 700 ms', async () => {
  await clock.advance(300);
  expect(watch.fresh()).toBe(true);
  committed = 1n;
  await clock.advance(700);
  expect(watch.fresh()).toBe(true);
  await clock.advance(1);
  expect(watch.fresh()).toBe(false);
  applied = 1n;
  expect(watch.fresh()).toBe(true);
});

test('without an answer of the database, too, it admits for 700 ms and no longer', async () => {
  await clock.advance(300);
  answers = false;
  await clock.advance(700);
  expect(watch.fresh()).toBe(true);
  await clock.advance(1);
  expect(watch.fresh()).toBe(false);
});

test('nobody else: nothing is read for it, and what this node knows is all there is', async () => {
  live = [1];
  await clock.advance(5_000);
  expect([looks, watch.fresh()]).toEqual([[], true]);
});
