import { describe, expect, it } from 'vitest';
import { seededRandom } from '#kernel';
import { openRouter, type RouteRequest, textNeeds } from '#routing';
import { virtualClock } from '../harness/virtual-clock.ts';
import { fault, market, perMillion, prefer, request } from './stand.ts';

const toolsAndSeed = { ...textNeeds, parameters: new Set(['tools', 'seed']) };

function routerOver(all: ReturnType<typeof market>) {
  return openRouter({ clock: virtualClock(), random: seededRandom(1), market: () => all });
}

const providers = (all: ReturnType<typeof market>, given: Partial<RouteRequest>) =>
  routerOver(all)
    .plan(request(given))
    .candidates.map(({ endpoint }) => endpoint.provider.slug)
    .sort();

it('what is written for an hour has its price where something is to be kept so long', () => {
  const hourly = { cacheWriteHour: perMillion(6) };
  const all = market({ 'acme/one': [{ provider: 'a', pricing: hourly }] });
  const priceFor = (needs: Partial<RouteRequest['needs']>) =>
    routerOver(all).plan(request({ needs: { ...textNeeds, ...needs } })).candidates[0]?.prices
      .cacheWriteHour;
  expect(priceFor({})).toBe(null);
  expect(priceFor({ cachedForAnHour: true })).toBe(perMillion(6));
});

describe('a parameter that an endpoint does not take', () => {
  it('is named beside the candidate, and keeps nobody out', () => {
    const all = market({
      'acme/one': [{ provider: 'able', parameters: ['seed', 'top_k'] }, { provider: 'plain' }],
    });
    const needs = { ...textNeeds, parameters: new Set(['top_k', 'seed']) };
    const { candidates } = routerOver(all).plan(request({ needs }));
    const dropped = candidates.map((one) => [one.endpoint.provider.slug, one.droppedParameters]);
    expect(dropped.sort()).toEqual([
      ['able', []],
      ['plain', ['seed', 'top_k']],
    ]);
  });

  it.each([
    ['tools', 'input.tools'],
    ['response_format', 'input.responseFormat'],
    ['structured_outputs', 'input.responseFormat'],
  ])('keeps it out when that is %s and another endpoint takes it', (parameter, setting) => {
    const all = market({
      'acme/one': [{ provider: 'able', parameters: [parameter] }, { provider: 'plain' }],
    });
    const needs = { ...textNeeds, parameters: new Set([parameter]) };
    const { candidates, rejected } = routerOver(all).plan(request({ needs }));
    expect(candidates.map(({ endpoint }) => endpoint.provider.slug)).toEqual(['able']);
    expect(rejected).toMatchObject([{ code: 'UNSUPPORTED_PARAMETER', setting }]);
  });

  it('keeps nobody out when no endpoint takes it', () => {
    const all = market({ 'acme/one': [{ provider: 'a' }, { provider: 'b' }] });
    expect(providers(all, { needs: toolsAndSeed })).toEqual(['a', 'b']);
  });

  it('keeps nobody out when who takes it is not to be used for another reason', () => {
    const all = market({
      'acme/one': [{ provider: 'able', parameters: ['tools'] }, { provider: 'plain' }],
    });
    expect(providers(all, { needs: toolsAndSeed, ...prefer({ ignore: ['able'] }) })).toEqual([
      'plain',
    ]);
  });
});

it('an outage of the one that takes tools does not send the request where they are dropped', () => {
  const all = market({
    'acme/one': [{ provider: 'able', parameters: ['tools'] }, { provider: 'plain' }],
  });
  const router = routerOver(all);
  const asked = request({ needs: toolsAndSeed });
  const route = router.route(asked);
  const able = route.candidates[0]?.endpoint;
  if (!able) expect.fail('the one that takes tools is a candidate');
  for (let time = 0; time < 5; time++) router.report(route, { endpoint: able }, fault('CONNECT'));
  const { candidates, rejected } = router.plan(asked);
  expect(candidates).toEqual([]);
  expect(rejected.map(({ code }) => code).sort()).toEqual(['TRIPPED', 'UNSUPPORTED_PARAMETER']);
});
