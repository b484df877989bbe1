import { describe, expect, it } from 'vitest';
import { seededRandom } from '#kernel';
import { openRouter, type RouteRequest, textNeeds } from '#routing';
import { openPolicy } from '../../src/identity/access/principal.ts';
import { virtualClock } from '../harness/virtual-clock.ts';
import { fault, flat, market, prefer, request } from './stand.ts';

const on = (month: number) => ({ createdAt: new Date(Date.UTC(2026, month, 1)) });

const all = market(
  {
    'acme/small-old': [{ provider: 'a', pricing: flat(1) }],
    'acme/small-new': [{ provider: 'a', pricing: flat(2) }],
    'acme/tiny': [{ provider: 'a', pricing: flat(1), contextLength: 200 }],
    'acme/large-old': [{ provider: 'a', pricing: flat(8), parameters: ['tools'] }],
    'acme/large-new': [{ provider: 'a', pricing: flat(9), contextLength: 100_000 }],
    'acme/absent': [{ provider: 'b', pricing: flat(1), of: { configured: false } }],
    'sandbox/echo': [{ provider: 'sandbox', of: { sandbox: true } }],
  },
  {
    'acme/small-old': on(1),
    'acme/small-new': on(3),
    'acme/tiny': on(5),
    'acme/large-old': on(2),
    'acme/large-new': on(4),
    'acme/absent': on(9),
    'sandbox/echo': on(9),
  },
);

const routerOver = (goods = all) =>
  openRouter({ clock: virtualClock(), random: seededRandom('auto'), market: () => goods });

const chosen = (given: Partial<RouteRequest>, router = routerOver()) =>
  router.plan(request({ model: 'auto', ...given })).models.map(({ slug }) => slug);

describe('`auto`', () => {
  it('begins with the newest of the cheaper half that can take the request', () => {
    expect(chosen({})).toEqual(['acme/tiny', 'acme/small-new', 'acme/small-old']);
    expect(chosen({ promptTokens: 300 })).toEqual([
      'acme/small-new',
      'acme/small-old',
      'acme/large-new',
    ]);
  });

  it('begins with the dearer half for a long request, and for one with tools or reasoning', () => {
    expect(chosen({ promptTokens: 40_000 })).toEqual(['acme/large-new']);
    const parameters = new Set(['reasoning']);
    expect(chosen({ needs: { ...textNeeds, parameters } })[0]).toBe('acme/large-new');
  });

  it('keeps to the key, the policy and the wishes of the caller', () => {
    expect(chosen({ allowedModels: ['acme/large-*'] })).toEqual([
      'acme/large-new',
      'acme/large-old',
    ]);
    const policy = { ...openPolicy, allowedModels: ['acme/small-old'] };
    expect(chosen({ policy })).toEqual(['acme/small-old']);
    expect(chosen(prefer({ maxPromptPrice: 0n }))).toHaveLength(3);
  });

  it('says what it chose and why, in front of why the endpoint stands where it stands', () => {
    const { candidates } = routerOver().plan(request({ model: 'openrouter/auto:floor' }));
    expect(candidates[0]?.reason).toBe(
      '`auto` chose acme/tiny: it is among the newest of the cheaper half of the models that ' +
        'take this request. By price, as `:floor` asks.',
    );
  });

  it('leaves a model whose endpoint is out', () => {
    const router = routerOver();
    const tiny = all.models.find(({ slug }) => slug === 'acme/tiny')?.endpoints[0];
    if (!tiny) expect.fail('the market has the endpoint');
    for (let time = 0; time < 5; time++) {
      router.report(router.plan(request()), { endpoint: tiny }, fault('CONNECT'));
    }
    expect(chosen({}, router)[0]).toBe('acme/small-new');
  });

  it('is the simulation while there is nothing else, and never one of its faults', () => {
    const goods = market({
      'acme/absent': [{ provider: 'b', of: { configured: false } }],
      'sandbox/echo': [{ provider: 'sandbox', of: { sandbox: true } }],
      'sandbox/hang': [{ provider: 'sandbox', of: { sandbox: true } }],
    });
    expect(chosen({}, routerOver(goods))).toEqual(['sandbox/echo']);
  });

  it('is not the simulation where a real model does not take the request, or may fail', () => {
    expect(chosen({ allowedModels: ['acme/small-old', 'sandbox/*'] })).toEqual(['acme/small-old']);
    const { error, candidates } = routerOver().plan(
      request({ model: 'auto', allowedModels: ['sandbox/*'] }),
    );
    expect([error?.code, candidates]).toEqual([expect.any(String), []]);
  });

  it('tells of those that came nearest when nothing can take the request', () => {
    const { error, rejected } = routerOver().plan(
      request({ model: 'auto', promptTokens: 1_000_000 }),
    );
    expect(error?.code).toBe('CONTEXT_LENGTH_EXCEEDED');
    expect(rejected).toHaveLength(3);
  });
});
