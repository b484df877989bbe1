import { expect, it } from 'vitest';
import type { BusTopics } from '#bus';
import { Hearing } from '../../../src/completions/nodes/hearing.ts';
import { virtualClock } from '../../harness/virtual-clock.ts';

function ears() {
  const clock = virtualClock();
  let hear: (message: BusTopics['heartbeat']) => void = () => undefined;
  let heal: () => void = () => undefined;
  const bus = {
    subscribe: (_topic: string, handler: (message: never) => void) => {
      hear = handler as typeof hear;
      return () => undefined;
    },
    onHealed: (listener: () => void) => {
      heal = listener;
      return () => undefined;
    },
  };
  const hearing = new Hearing(bus, clock);
  const say = (session: number) => hear({ session, change: '1', at: 0, database: true });
  return { clock, hearing, say, heal: () => heal() };
}

it('STREAM 26: a node is silent after five seconds, until it is heard again', async () => {
  const { clock, hearing, say } = ears();
  expect(hearing.silent(1)).toBe(false);
  await clock.advance(4_000);
  say(1);
  await clock.advance(4_000);
  expect([1, 2].map((session) => hearing.silent(session))).toEqual([false, true]);
  await clock.advance(2_000);
  expect(hearing.silent(1)).toBe(true);
  say(1);
  expect(hearing.silent(1)).toBe(false);
});

it('STREAM 26: one that did not answer is silent, until it is heard again', () => {
  const { hearing, say } = ears();
  say(1);
  hearing.unanswered(1);
  expect(hearing.silent(1)).toBe(true);
  say(1);
  expect(hearing.silent(1)).toBe(false);
});

it('nobody is held silent for what this node could not hear', async () => {
  const { clock, hearing, say, heal } = ears();
  say(1);
  await clock.advance(60_000);
  heal();
  expect(hearing.silent(1)).toBe(false);
  await clock.advance(6_000);
  expect(hearing.silent(1)).toBe(true);
});
