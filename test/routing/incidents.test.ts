import { expect, it } from 'vitest';
import type { Incidents, Seen } from '#catalog';
import { silentLog } from '#kernel';
import { type EndpointStatus, keepIncidents, type StatusChange } from '#routing';
import { virtualClock } from '../harness/virtual-clock.ts';

function stand() {
  const clock = virtualClock();
  const told: string[] = [];
  let hear: (change: StatusChange) => void = () => {};
  let previous: EndpointStatus = 'UP';
  let failing = false;
  const note = (kind: string, seen: readonly Seen[]) => {
    if (failing) throw new RangeError('the database is away');
    if (seen.length > 0) told.push(`${kind} ${seen.map(({ status }) => status).join(' ')}`);
  };
  const kept: Incidents = {
    changed: async (seen) => note('changed', seen),
    standing: async (seen) => note('standing', seen),
  };
  const onStatus = (listener: typeof hear) => {
    hear = listener;
    return () => {};
  };
  const stop = keepIncidents({ clock, log: silentLog, router: { onStatus }, kept });
  const become = (status: EndpointStatus) => {
    const current = { status, reason: null, since: new Date(clock.now()) };
    hear({ endpointId: 'end_one', previous, current });
    previous = status;
  };
  const fail = (fails: boolean) => {
    failing = fails;
  };
  return { clock, told, become, stop, fail };
}

it('that it is down, and that it no longer is, is told at once', async () => {
  const { clock, told, become } = stand();
  become('DOWN');
  await clock.advance(0);
  become('UP');
  await clock.advance(0);
  expect(told).toEqual(['changed DOWN', 'changed UP']);
});

it('what each node finds for itself is told when it has stood for ten seconds', async () => {
  const { clock, told, become } = stand();
  become('DEGRADED');
  await clock.advance(9_999);
  expect(told).toEqual([]);
  await clock.advance(1);
  expect(told).toEqual(['changed DEGRADED']);
});

it('what comes and goes is not told at all', async () => {
  const { clock, told, become } = stand();
  for (let time = 0; time < 60; time++) {
    become('DEGRADED');
    await clock.advance(1_000);
    become('UP');
    await clock.advance(1_000);
  }
  await clock.advance(60_000);
  expect(told).toEqual([]);
});

it('what stands is said again, and that it ended is said once', async () => {
  const { clock, told, become } = stand();
  become('DEGRADED');
  await clock.advance(60_000);
  become('UP');
  await clock.advance(60_000);
  expect(told).toEqual([
    'changed DEGRADED',
    'standing DEGRADED',
    'standing DEGRADED',
    'changed UP',
  ]);
});

it('what could not be kept is said again when it can', async () => {
  const { clock, told, become, fail } = stand();
  fail(true);
  become('DOWN');
  await clock.advance(1_000);
  fail(false);
  await clock.advance(30_000);
  expect(told).toEqual(['standing DOWN']);
});

it('nothing waits once it is stopped', async () => {
  const { clock, become, stop } = stand();
  become('DEGRADED');
  await stop();
  expect(clock.pending).toBe(0);
});
