import { describe, expect, it } from 'vitest';
import { findModel, withoutVariants } from '../../src/routing/variants.ts';
import { market } from './stand.ts';

const all = market(
  { 'acme/one': [], 'acme/two:free': [], 'acme/gone': [] },
  {
    'acme/one': { aliases: ['one'] },
    'acme/gone': { removedAt: new Date(Date.UTC(2026, 5, 1)) },
  },
);
const plain = { sort: null, free: false, sortVariant: null, how: null };

describe('the name of a model', () => {
  it.each([
    ['acme/one', plain],
    ['one', plain],
    ['acme/one:floor', { ...plain, sort: 'PRICE', sortVariant: ':floor' }],
    ['one:nitro', { ...plain, sort: 'THROUGHPUT', sortVariant: ':nitro' }],
    ['acme/one:free', { ...plain, free: true }],
    ['acme/one:free:nitro', { sort: 'THROUGHPUT', free: true, sortVariant: ':nitro', how: null }],
    ['acme/one:floor:nitro', { ...plain, sort: 'THROUGHPUT', sortVariant: ':nitro' }],
  ])('%s is read with its variants', (name, expected) => {
    const { model, ...variants } = findModel(all, name) ?? {};
    expect(model?.slug).toBe('acme/one');
    expect(variants).toEqual(expected);
  });

  it('that ends like a variant by itself is found as it is', () => {
    expect(findModel(all, 'acme/two:free')).toMatchObject({ free: false });
    expect(findModel(all, 'acme/two:free:floor')).toMatchObject({ free: false, sort: 'PRICE' });
  });

  it.each(['acme/one:fast', 'acme/one:', ':floor', 'acme/one:constructor', '', 'acme/three:floor'])(
    'is unknown: %j',
    (name) => expect(findModel(all, name)).toBeNull(),
  );

  it('is unknown at once when it is longer than any', () => {
    const long = `acme/one${':free'.repeat(200_000)}`;
    expect(findModel(all, long)).toBeNull();
    expect(withoutVariants(long)).toEqual({ name: long, says: {} });
  });

  it('of a removed model is unknown, variants or not', () => {
    expect(findModel(all, 'acme/gone')).toBeNull();
    expect(findModel(all, 'acme/gone:floor')).toBeNull();
  });
});
