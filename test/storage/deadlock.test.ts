import { expect, it } from 'vitest';
import { pastDeadlocks } from '../../src/storage/deadlock.ts';

const failing = (code: string, times: number) => {
  let runs = 0;
  const run = async () => {
    if (++runs <= times) throw Object.assign(new Error(code), { code });
    return 'done';
  };
  return { run, runs: () => runs };
};

it('runs the victim of a deadlock again', async () => {
  const statement = failing('40P01', 2);
  expect(await pastDeadlocks(statement.run)).toBe('done');
  expect(statement.runs()).toBe(3);
});

it('gives up in the end, and at once on everything else', async () => {
  const stuck = failing('40P01', 9);
  await expect(pastDeadlocks(stuck.run)).rejects.toThrow('40P01');
  expect(stuck.runs()).toBe(3);
  const refused = failing('23505', 9);
  await expect(pastDeadlocks(refused.run)).rejects.toThrow('23505');
  expect(refused.runs()).toBe(1);
});
