import { describe, expect, it } from 'vitest';
import { derivedId, Secret, seededRandom } from '#kernel';
import { openRouter, type RouteRequest, textNeeds } from '#routing';
import { virtualClock } from '../harness/virtual-clock.ts';
import { fault, market, prefer, request } from './stand.ts';

const takes = ['temperature', 'tools'];
const using = (parameter: string, given: Partial<RouteRequest> = {}) =>
  request({ needs: { ...textNeeds, parameters: new Set([parameter]) }, ...given });

/** A router, and what it says to asking the first of a route again, which refused this. */
function stand(asked: RouteRequest, { seed = 1, others = takes, hasOwnKey = true } = {}) {
  const goods = market({
    'acme/one': [
      { provider: 'strict', parameters: takes },
      { provider: 'other', parameters: others },
    ],
  });
  const clock = virtualClock();
  const random = seededRandom(seed);
  const router = openRouter({ clock, random, market: () => goods, hasOwnKey: () => hasOwnKey });
  const route = router.route(asked);
  const [candidate] = route.candidates;
  if (!candidate) throw expect.unreachable();
  const again = (parameter: string) => {
    const providerMessage = `${parameter} is not supported`;
    const parameters = router.learn(route, candidate, fault('CALLER', { providerMessage }));
    const one = { candidate, parameters };
    return router.again(route, one, [one]);
  };
  return { router, route, candidate, again };
}

describe('a candidate that refused a parameter', () => {
  const strictFirst = prefer({ order: ['strict'] });

  it('is had again without it, with all else as it was', () => {
    const { candidate, again } = stand(using('temperature', strictFirst));
    const expected = { ...candidate, droppedParameters: ['temperature'] };
    expect(again('temperature')).toEqual(expected);
  });

  it('is not had where the caller demands it', () => {
    const demanding = prefer({ order: ['strict'], requireParameters: true });
    expect(stand(using('temperature', demanding)).again('temperature')).toBeNull();
  });

  it('is not had without tools where another one takes them, be it out or not', () => {
    const { router, route, again } = stand(using('tools', strictFirst));
    const other = route.candidates.find(({ endpoint }) => endpoint.provider.slug === 'other');
    for (let time = 0; other && time < 5; time++) router.report(route, other, fault('CONNECT'));
    expect(again('tools')).toBeNull();
  });

  it('is had without tools where no other one takes them', () => {
    const { again } = stand(using('tools', strictFirst), { others: [] });
    expect(again('tools')?.droppedParameters).toEqual(['tools']);
  });

  it('is not had while it is to be left alone', () => {
    const { router, candidate, again } = stand(using('temperature', strictFirst));
    router.heard(candidate, { requestsLeft: 0, resetMs: 60_000 });
    expect(again('temperature')).toBeNull();
  });

  it('is not had with an own key that was removed meanwhile', () => {
    const ownKey = { id: 'pvk_1', secret: new Secret('own'), fallbackToPlatform: false };
    const ownKeys = new Map([[derivedId('provider', 'strict'), [ownKey]]]);
    const asked = using('temperature', { ...strictFirst, ownKeys });
    expect(stand(asked).again('temperature')?.ownKey).toBe(ownKey);
    expect(stand(asked, { hasOwnKey: false }).again('temperature')).toBeNull();
  });

  it('is had whichever was drawn, also where there is to be no other', () => {
    const asked = using('temperature', prefer({ allowFallbacks: false }));
    const seeds = Array.from({ length: 20 }, (_, seed) => stand(asked, { seed }));
    expect(new Set(seeds.map(({ candidate }) => candidate.endpoint.provider.slug)).size).toBe(2);
    for (const { again } of seeds) expect(again('temperature')).not.toBeNull();
  });
});
