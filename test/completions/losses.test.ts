import { expect, it } from 'vitest';
import { parseMoney, silentLog } from '#kernel';
import { Losses } from '../../src/completions/cost/losses.ts';
import { recordingLog } from '../harness/recording-log.ts';

it('an organization costs the platform five cents, and then a twentieth of what it spends', () => {
  const losses = new Losses(silentLog);
  expect(losses.take('org_a', parseMoney('0.05'))).toBe(true);
  expect(losses.take('org_a', 1n)).toBe(false);
  losses.earn('org_a', parseMoney('1'));
  expect(losses.take('org_a', parseMoney('0.05'))).toBe(true);
  expect(losses.take('org_a', 1n)).toBe(false);
  expect(losses.take('org_b', 1n)).toBe(true);
});

it('what it may cost never grows beyond five dollars', () => {
  const losses = new Losses(silentLog);
  losses.earn('org_a', parseMoney('1000000'));
  expect(losses.take('org_a', parseMoney('5.000000000001'))).toBe(false);
  expect(losses.take('org_a', parseMoney('5'))).toBe(true);
});

it('the operator reads of an organization that has used it up', () => {
  const log = recordingLog();
  new Losses(log).take('org_a', parseMoney('1'));
  expect(log.lines).toMatchObject([{ level: 'warn', fields: { organization: 'org_a' } }]);
});
