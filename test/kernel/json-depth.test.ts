import { expect, it } from 'vitest';
import { nestedWithin } from '#kernel';

const lists = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

it('counts lists and objects alike, and what holds none as none', () => {
  expect(nestedWithin('text', 0)).toBe(true);
  expect(nestedWithin({}, 0)).toBe(false);
  expect(nestedWithin({ a: [1, { b: null }] }, 3)).toBe(true);
  expect(nestedWithin({ a: [1, { b: null }] }, 2)).toBe(false);
});

it('is at the end of its wits no sooner than its levels, however deep a value is', () => {
  expect(nestedWithin(lists(32), 32)).toBe(true);
  expect(nestedWithin(lists(33), 32)).toBe(false);
  expect(nestedWithin(lists(200_000), 32)).toBe(false);
});
