import { expect, it } from 'vitest';
import { sandboxSnapshot } from '../../src/catalog/sandbox.ts';
import { marketOf, rowsOf, small } from './market-maker.ts';

it('a model is found by slug, alias, id and in capitals', () => {
  const market = marketOf(rowsOf(small));
  const gamma = market.model('shut/gamma');
  expect(gamma?.name).toBe('Gamma');
  for (const name of ['shut/gamma-latest', gamma?.id ?? '', 'Shut/Gamma']) {
    expect(market.model(name)).toBe(gamma);
  }
  expect(market.model('shut/delta')).toBeUndefined();
});

it('walking from a model to an endpoint, its provider and back ends where it began', () => {
  for (const model of marketOf(rowsOf(small)).models) {
    for (const endpoint of model.endpoints) {
      expect(endpoint.model).toBe(model);
      expect(endpoint.provider.endpoints).toContain(endpoint);
    }
  }
});

it('the offers of a model stand cheapest first', () => {
  const alpha = marketOf(rowsOf(small)).model('open/alpha-7b');
  expect(alpha?.endpoints.map(({ provider }) => provider.slug)).toEqual(['cheap', 'dear']);
});

it('what is removed is reachable by its id alone', () => {
  const rows = rowsOf(small);
  const removedAt = new Date('2026-11-24T00:00:00Z');
  const [id = '', row] =
    [...rows.endpoints].find(([, { upstreamModel }]) => upstreamModel === 'shut/gamma') ?? [];
  const model = row && rows.models.get(row.modelId);
  if (!row || !model) return expect.unreachable();
  const market = marketOf({
    ...rows,
    endpoints: new Map([...rows.endpoints, [id, { ...row, removedAt }]]),
    models: new Map([...rows.models, [model.id, { ...model, removedAt }]]),
  });
  expect(market.models.map(({ slug }) => slug)).not.toContain('shut/gamma');
  expect(market.model('shut/gamma')).toBeUndefined();
  expect(market.model(model.id)?.removedAt).toEqual(removedAt);
  expect(market.endpoint(id)?.removedAt).toEqual(removedAt);
  expect(market.provider('quiet')?.endpoints).toEqual([]);
});

it('a provider can be spoken to with an address and a credential; the sandbox needs none', () => {
  const market = marketOf(rowsOf(small, sandboxSnapshot), (slug) => slug === 'dear');
  expect(market.provider('dear')).toMatchObject({ configured: true, sandbox: false });
  expect(market.provider('cheap')).toMatchObject({ configured: false, sandbox: false });
  expect(market.provider('sandbox-fast')).toMatchObject({ configured: true, sandbox: true });
});

it('what is not known of a provider’s use of prompts counts as the worst', () => {
  const market = marketOf(rowsOf(small));
  const worst = { trainsOnPrompts: true, retainsPrompts: true, retentionDays: null };
  expect(market.provider('dear')?.dataPolicy).toEqual(worst);
  expect(market.provider('quiet')?.dataPolicy).toMatchObject({ trainsOnPrompts: false });
});
