import { describe, expect, it } from 'vitest';
import { seededRandom } from '#kernel';
import { openRouter } from '#routing';
import { Pace } from '../../src/routing/pace.ts';
import { virtualClock } from '../harness/virtual-clock.ts';
import { market, prefer, request } from './stand.ts';

const took = (timeToFirstTokenMs: number) => ({ timeToFirstTokenMs, tokensPerSecond: 50 });

describe('the pace of an endpoint', () => {
  it('is the median of its last ten seconds, by nearest rank', () => {
    const pace = new Pace(virtualClock());
    for (const ms of [400, 100, 200, 300]) pace.observe('end_a', took(ms));
    expect(pace.medians('end_a')).toEqual({ timeToFirstTokenMs: 200, tokensPerSecond: 50 });
  });

  it('is unknown before any traffic, and ten seconds after the last', async () => {
    const clock = virtualClock();
    const pace = new Pace(clock);
    expect(pace.medians('end_a')).toBeNull();
    pace.observe('end_a', took(100));
    await clock.advance(9_999);
    expect(pace.medians('end_a')).not.toBeNull();
    await clock.advance(1);
    expect(pace.medians('end_a')).toBeNull();
  });

  it('an attempt that was cut short counts as at least so long, never as fast', () => {
    const pace = new Pace(virtualClock());
    pace.observe('end_a', took(500));
    pace.observeAtLeast('end_a', 20);
    expect(pace.medians('end_a')?.timeToFirstTokenMs).toBe(500);
    for (const ms of [2_000, 2_500]) pace.observeAtLeast('end_a', ms);
    expect(pace.medians('end_a')?.timeToFirstTokenMs).toBe(2_000);
  });
});

describe('sort: LATENCY', () => {
  it('leaves an endpoint within 10 s of its becoming slow, and comes back to it', async () => {
    const clock = virtualClock();
    const goods = market({ 'acme/one': [{ provider: 'quick' }, { provider: 'steady' }] });
    const router = openRouter({ clock, random: seededRandom('pace'), market: () => goods });
    const waits: Record<string, number> = { quick: 100, steady: 300 };
    const used: string[] = [];
    const trafficFor = async (seconds: number) => {
      for (let tick = 0; tick < seconds * 10; tick++) {
        const route = router.route(request(prefer({ sort: 'LATENCY' })));
        const [first] = route.candidates;
        if (!first) throw new TypeError('no candidate');
        const { slug } = first.endpoint.provider;
        used.push(slug);
        router.measured(first.endpoint, took(waits[slug] ?? 0));
        await clock.advance(100);
      }
      return used.splice(0);
    };
    const share = (list: readonly string[], slug: string) =>
      list.filter((each) => each === slug).length / list.length;
    for (const { endpoints } of goods.models) {
      for (const endpoint of endpoints)
        router.measured(endpoint, took(waits[endpoint.provider.slug] ?? 0));
    }
    expect(share(await trafficFor(20), 'quick')).toBeGreaterThan(0.9);
    waits['quick'] = 4_000;
    const moving = await trafficFor(10);
    expect(moving.at(-1)).toBe('steady');
    expect(share(await trafficFor(20), 'steady')).toBeGreaterThan(0.9);
    waits['quick'] = 100;
    await trafficFor(10);
    expect(share(await trafficFor(10), 'quick')).toBeGreaterThan(0.9);
    router.close();
  });
});
