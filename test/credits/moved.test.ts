import { expect, test } from 'vitest';
import { Moved } from '../../src/credits/accounts/moved.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

function stand() {
  const clock = virtualClock();
  const told: (readonly string[])[] = [];
  const moved = new Moved(clock, (organizationIds) => told.push(organizationIds));
  return { clock, told, moved };
}

test('whose money moved is told once in 250 ms, however often it moved', async () => {
  const { clock, told, moved } = stand();
  for (const organization of ['org_1', 'org_2', 'org_1', 'org_1']) moved.note(organization);
  await clock.advance(249);
  expect(told).toEqual([]);
  await clock.advance(1);
  expect(told).toEqual([['org_1', 'org_2']]);
  await clock.advance(1_000);
  expect(told).toHaveLength(1);
});

test('it is told once more when the others can read what is held', async () => {
  const { clock, told, moved } = stand();
  moved.note('org_1');
  await clock.advance(250);
  moved.renewed();
  await clock.advance(250);
  moved.renewed();
  await clock.advance(250);
  expect(told).toEqual([['org_1'], ['org_1']]);
});

test('nothing is left behind when it is stopped', async () => {
  const { clock, told, moved } = stand();
  moved.note('org_1');
  moved.stop();
  await clock.advance(1_000);
  expect([told.length, clock.pending]).toEqual([0, 0]);
});
