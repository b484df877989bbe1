import { expect, test } from 'vitest';
import { unreadyBecause } from '../../src/app/readiness.ts';

test.each([
  [true, true, true, null],
  [false, true, true, 'the settlement journal cannot be written'],
  [true, false, true, 'the database takes no writes'],
  [true, true, false, 'the metrics of the last months are being read'],
])('recording %s, confirmed %s, warm %s: %s', (recording, confirmed, warm, reason) => {
  expect(unreadyBecause({ credits: { recording, confirmed }, metrics: { warm } })).toBe(reason);
});
