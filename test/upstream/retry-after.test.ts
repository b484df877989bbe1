import { expect, test } from 'vitest';
import { retryAfterMs } from '../../src/upstream/retry-after.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

const clock = virtualClock(Date.UTC(2026, 10, 24, 12, 0, 0));

test.each<[string, Record<string, string>, number | undefined]>([
  ['seconds', { 'retry-after': '20' }, 20_000],
  ['a fraction of a second', { 'retry-after': '0.25' }, 250],
  ['a date', { 'retry-after': 'Tue, 24 Nov 2026 12:00:30 GMT' }, 30_000],
  ['a date that is over', { 'retry-after': 'Tue, 24 Nov 2026 11:00:00 GMT' }, 0],
  ['milliseconds before all', { 'retry-after-ms': '1500', 'retry-after': '9' }, 1_500],
  [
    'the limit that ran out',
    {
      'x-ratelimit-remaining-requests': '5',
      'x-ratelimit-reset-requests': '1s',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-tokens': '6m0.5s',
    },
    360_500,
  ],
  [
    'milliseconds of a reset',
    { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '120ms' },
    120,
  ],
  ['nothing', {}, undefined],
  ['nonsense', { 'retry-after': 'soon' }, undefined],
  ['an empty value', { 'retry-after': '' }, undefined],
  ['a negative value', { 'retry-after': '-5' }, 0],
  ['a year', { 'retry-after': '31536000' }, 3_600_000],
])('reads %s', (_, headers, expected) => {
  expect(retryAfterMs(headers, clock)).toBe(expected);
});
