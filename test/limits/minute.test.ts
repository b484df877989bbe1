import { expect, it } from 'vitest';
import { Minute } from '../../src/limits/minute.ts';

it('counts what another clock has in the second to come, now and when it runs', () => {
  const minute = new Minute();
  minute.add(5_000, 3);
  expect([4_999, 5_000, 65_999, 66_000].map((atMs) => minute.total(atMs))).toEqual([3, 3, 3, 0]);
});
