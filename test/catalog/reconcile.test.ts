import { expect, it } from 'vitest';
import { desiredOf } from '../../src/catalog/desired.ts';
import { isEmpty, reconcile } from '../../src/catalog/reconcile.ts';
import { noRows, type Rows } from '../../src/catalog/rows.ts';
import type { Snapshot } from '../../src/catalog/snapshot.ts';
import { offer, rowsOf, small } from './market-maker.ts';

const planFor = (rows: Rows, snapshot: Snapshot) => reconcile(rows, desiredOf(snapshot));

/** `small` with other endpoints, of another day. */
const dated = (endpoints: Snapshot['endpoints'], asOf = '2026-10-01'): Snapshot => ({
  ...small,
  asOf,
  endpoints: endpoints.map((endpoint) => ({ ...endpoint, checkedAt: asOf })),
});

const gamma = offer('shut/gamma', 'quiet', ['0.000001', '0.000002']);
const others = small.endpoints.filter(({ model }) => model !== 'shut/gamma');

function edited<Row extends object>(
  rows: ReadonlyMap<string, Row>,
  change: (row: Row) => Partial<Row>,
) {
  return new Map([...rows].map(([id, row]) => [id, { ...row, ...change(row) }]));
}

it('an empty database gets everything', () => {
  const plan = planFor(noRows, small);
  expect(plan.providers.added).toHaveLength(3);
  expect(plan.models.added).toHaveLength(3);
  expect(plan.endpoints.added).toHaveLength(4);
  expect(plan.prices.size).toBe(4);
});

it('the same snapshot again changes nothing', () => {
  expect(isEmpty(planFor(rowsOf(small), small))).toBe(true);
});

it('another price is a new price version and leaves the endpoint alone', () => {
  const plan = planFor(rowsOf(small), dated([...others, gamma]));
  expect([...plan.prices.values()].map(({ prompt }) => prompt)).toEqual([10n ** 12n]);
  expect(plan.endpoints.changed).toEqual([]);
});

it('a price that was only checked again starts no version', () => {
  expect(isEmpty(planFor(rowsOf(small), dated(small.endpoints)))).toBe(true);
});

it('an older file takes back nothing of what a newer one says of an offer', () => {
  const rows = rowsOf(dated([...others, { ...gamma, contextLength: 1 }]));
  expect(isEmpty(planFor(rows, small))).toBe(true);
});

it('what a newer file lacks is removed, with models and providers that nothing else needs', () => {
  const plan = planFor(rowsOf(small), {
    ...dated(others),
    models: small.models.filter(({ slug }) => slug !== 'shut/gamma'),
    providers: small.providers.filter(({ slug }) => slug !== 'quiet'),
  });
  expect(plan.endpoints.removed).toHaveLength(1);
  expect(plan.models.removed).toHaveLength(1);
  expect(plan.providers.removed).toHaveLength(1);
});

it('an older file removes nothing that was found after it was made', () => {
  const found = rowsOf(dated(small.endpoints));
  const plan = planFor(found, {
    ...small,
    endpoints: others,
    models: small.models.filter(({ slug }) => slug !== 'shut/gamma'),
    providers: small.providers.filter(({ slug }) => slug !== 'quiet'),
  });
  expect(isEmpty(plan)).toBe(true);
});

it('what comes back after it was removed is there again; an older file brings nothing back', () => {
  const removedAt = new Date('2026-09-15T00:00:00Z');
  const rows = {
    ...rowsOf(small),
    endpoints: edited(rowsOf(small).endpoints, () => ({ removedAt })),
  };
  expect(planFor(rows, dated(small.endpoints)).endpoints.changed).toHaveLength(4);
  expect(planFor(rows, small).endpoints.changed).toEqual([]);
});

it('what an administrator wrote stays, price and all', () => {
  const rows = rowsOf(small);
  const curated: Rows = {
    providers: edited(rows.providers, () => ({ curated: true, name: 'Mine' })),
    models: edited(rows.models, () => ({ curated: true, name: 'Mine' })),
    endpoints: edited(rows.endpoints, () => ({ curated: true, contextLength: 1 })),
    prices: edited(rows.prices, () => ({ prompt: 1n })),
    refusals: rows.refusals,
  };
  expect(isEmpty(planFor(curated, dated([])))).toBe(true);
  expect(isEmpty(planFor(curated, small))).toBe(true);
});

it('a change of facts is written to that row alone', () => {
  const [first, ...rest] = small.models;
  if (!first) return expect.unreachable();
  const plan = planFor(rowsOf(small), { ...small, models: [{ ...first, name: 'New' }, ...rest] });
  expect(plan.models.changed.map(({ slug, name }) => [slug, name])).toEqual([[first.slug, 'New']]);
  expect(plan.prices.size).toBe(0);
});
