import { expect, it } from 'vitest';
import { AppNames } from '../../src/metrics/app-names.ts';
import { sample } from './sample-maker.ts';

const day = 24 * 3_600_000;
const named = (names: AppNames, count: number, given = {}) =>
  Array.from({ length: count }, (_, at) => names.of(sample({ app: `app ${at}`, ...given }))).filter(
    (app) => app !== null,
  );

it('an application counts by the name that its caller gave', () => {
  expect(new AppNames().of(sample({ app: 'Tulip' }))).toBe('Tulip');
  expect(new AppNames().of(sample({ app: null }))).toBeNull();
});

it('what nobody of the market asks money for counts for no application', () => {
  expect(new AppNames().of(sample({ app: 'Tulip', priced: false }))).toBeNull();
});

it('an organization that invents names counts with a hundred of them a day', () => {
  const names = new AppNames();
  expect(named(names, 150)).toHaveLength(100);
  expect(names.of(sample({ app: 'app 7' }))).toBe('app 7');
  expect(names.of(sample({ app: 'app 149', organizationId: 'org_b' }))).toBe('app 149');
  expect(named(names, 150, { at: sample().at + day })).toHaveLength(100);
});

it('all organizations together count with two thousand names a day', () => {
  const names = new AppNames();
  for (let at = 0; at < 2_000; at++) {
    const organizationId = `org_${Math.floor(at / 100)}`;
    expect(names.of(sample({ app: `app ${at}`, organizationId }))).not.toBeNull();
  }
  expect(names.of(sample({ app: 'one more', organizationId: 'org_late' }))).toBeNull();
  expect(names.of(sample({ app: 'app 7', organizationId: 'org_late' }))).toBe('app 7');
});
