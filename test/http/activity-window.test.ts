import { expect, it } from 'vitest';
import { InvalidInput } from '#kernel';
import { activityWindow } from '../../src/http/account/activity-window.ts';

const now = Date.parse('2026-03-10T15:00:00Z');
const between = (from: string, to: string) => ({ from: new Date(from), to: new Date(to) });

it('an activity is about the last thirty whole days, or one of them', () => {
  expect(activityWindow(undefined, now)).toEqual(between('2026-02-08', '2026-03-10'));
  expect(activityWindow('2026-02-08', now)).toEqual(between('2026-02-08', '2026-02-09'));
  expect(activityWindow('2026-03-09', now)).toEqual(between('2026-03-09', '2026-03-10'));
});

it.each(['2026-02-07', '2026-03-10', '2026-02-31', '2026-02-29', '2026-3-9', 'yesterday'])(
  'of %s there is none',
  (date) => {
    expect(() => activityWindow(date, now)).toThrow(InvalidInput);
  },
);
