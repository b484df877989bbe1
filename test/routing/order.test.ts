import { describe, expect, it } from 'vitest';
import { seededRandom } from '#kernel';
import { type Medians, openRouter, type RouteRequest, textNeeds } from '#routing';
import { virtualClock } from '../harness/virtual-clock.ts';
import { fault, flat, market, prefer, request } from './stand.ts';

const all = market({
  'acme/one': [
    { provider: 'cheap', pricing: flat(1) },
    { provider: 'middle', pricing: flat(2) },
    { provider: 'dear', pricing: flat(3) },
  ],
});

type Live = Readonly<Record<string, Partial<Medians>>>;

function router(live: Live = {}) {
  return openRouter({
    clock: virtualClock(),
    random: seededRandom('order'),
    market: () => all,
    medians(endpointId) {
      const figures = live[all.endpoint(endpointId)?.provider.slug ?? ''];
      return figures ? { timeToFirstTokenMs: null, tokensPerSecond: null, ...figures } : null;
    },
  });
}

function ordered(given: Partial<RouteRequest>, live: Live = {}) {
  const { candidates } = router(live).plan(request(given));
  return {
    providers: candidates.map(({ endpoint }) => endpoint.provider.slug),
    weights: candidates.map(({ weight }) => weight),
    reasons: candidates.map(({ reason }) => reason),
  };
}

const speeds: Live = { dear: { tokensPerSecond: 90 }, middle: { tokensPerSecond: 40 } };
const waits: Live = { dear: { timeToFirstTokenMs: 90 }, middle: { timeToFirstTokenMs: 400 } };

describe('without a wish', () => {
  it('a plan shows the chances of 1/price², the likeliest first', () => {
    const { providers, weights } = ordered({});
    expect(providers).toEqual(['cheap', 'middle', 'dear']);
    [36 / 49, 9 / 49, 4 / 49].forEach((chance, at) => {
      expect(weights[at]).toBeCloseTo(chance, 12);
    });
  });

  it('one that failed within 30 s comes last and is never drawn first', () => {
    const one = router();
    const route = one.route(request());
    const cheap = all.models[0]?.endpoints[0];
    if (!cheap) expect.fail('the market has the endpoint');
    one.report(route, { endpoint: cheap }, fault('CUT'));
    const { candidates } = one.plan(request());
    const last = candidates.at(-1);
    expect(last?.endpoint.provider.slug).toBe('cheap');
    expect(last?.weight).toBe(0);
    expect(last?.reason).toContain('failed');
    for (let draw = 0; draw < 200; draw++) {
      expect(one.route(request()).candidates.at(-1)?.endpoint).toBe(cheap);
    }
  });

  it('one that was out is drawn seldom at first, then as often as its price says', async () => {
    const clock = virtualClock();
    const one = openRouter({ clock, random: seededRandom('slow'), market: () => all });
    const cheap = all.models[0]?.endpoints[0];
    if (!cheap) expect.fail('the market has the endpoint');
    for (let time = 0; time < 5; time++)
      one.report(one.plan(request()), { endpoint: cheap }, fault('CUT'));
    await clock.advance(10_000);
    [...one.attempts(one.route(request(prefer({ order: ['cheap'] }))))];
    one.report(one.plan(request()), { endpoint: cheap }, 'SUCCEEDED');
    const shareOfCheap = () =>
      one.plan(request()).candidates.find(({ endpoint }) => endpoint === cheap)?.weight;
    expect(shareOfCheap()).toBeCloseTo(3.6 / (3.6 + 13), 12);
    await clock.advance(30_000);
    expect(shareOfCheap()).toBeCloseTo(36 / 49, 12);
  });

  it('one that misses a wished-for median goes after those that meet it or have none', () => {
    const { providers, reasons } = ordered(prefer({ minTokensPerSecond: 50 }), {
      cheap: { tokensPerSecond: 20 },
      dear: { tokensPerSecond: 90 },
    });
    expect(providers).toEqual(['middle', 'dear', 'cheap']);
    expect(reasons[2]).toContain('minTokensPerSecond');
  });
});

describe('`order`', () => {
  it('is kept to the letter; what it does not name follows', () => {
    const { providers, weights } = ordered(prefer({ order: ['dear', 'nobody', 'Middle'] }));
    expect(providers).toEqual(['dear', 'middle', 'cheap']);
    expect(weights).toEqual([1, 0, 0]);
  });

  it('is not changed by failures', () => {
    const one = router();
    const dear = all.models[0]?.endpoints[2];
    if (!dear) expect.fail('the market has the endpoint');
    one.report(one.route(request()), { endpoint: dear }, fault('CUT'));
    const { candidates } = one.plan(request(prefer({ order: ['dear'] })));
    expect(candidates[0]?.endpoint).toBe(dear);
  });

  it('with fallbacks off is all there is', () => {
    const wishes = prefer({ order: ['dear', 'middle'], allowFallbacks: false });
    expect(ordered(wishes).providers).toEqual(['dear', 'middle']);
  });

  it('with fallbacks off and nobody of it there, leaves nobody', () => {
    const wishes = prefer({ order: ['nobody'], allowFallbacks: false });
    const { candidates, rejected } = router().plan(request(wishes));
    expect(candidates).toEqual([]);
    expect(rejected.map(({ code }) => code)).toEqual(Array(3).fill('FALLBACKS_OFF'));
  });
});

describe('a sort', () => {
  it.each<[string, Partial<RouteRequest>, Live, string[]]>([
    ['sort: PRICE', prefer({ sort: 'PRICE' }), {}, ['cheap', 'middle', 'dear']],
    [':floor', { model: 'acme/one:floor' }, speeds, ['cheap', 'middle', 'dear']],
    ['sort: THROUGHPUT', prefer({ sort: 'THROUGHPUT' }), speeds, ['dear', 'middle', 'cheap']],
    [':nitro', { model: 'acme/one:nitro' }, speeds, ['dear', 'middle', 'cheap']],
    ['sort: LATENCY', prefer({ sort: 'LATENCY' }), waits, ['dear', 'middle', 'cheap']],
    [
      'a variant over `sort`',
      { model: 'acme/one:floor', ...prefer({ sort: 'THROUGHPUT' }) },
      speeds,
      ['cheap', 'middle', 'dear'],
    ],
  ])('by %s is the same every time', (_, given, live, expected) => {
    const { providers, weights } = ordered(given, live);
    expect(providers).toEqual(expected);
    expect(weights).toEqual([1, 0, 0]);
    const drawn = router(live).route(request(given)).candidates;
    expect(drawn.map(({ endpoint }) => endpoint.provider.slug)).toEqual(expected);
  });

  it.each(['THROUGHPUT', 'LATENCY'] as const)(
    'by %s without figures is by price, and says so',
    (sort) => {
      const { providers, reasons } = ordered(prefer({ sort }));
      expect(providers).toEqual(['cheap', 'middle', 'dear']);
      expect(reasons.every((reason) => reason.includes('no live figure'))).toBe(true);
    },
  );

  it('gives one that was out its traffic back bit by bit; the next has the rest', async () => {
    const clock = virtualClock();
    const one = openRouter({ clock, random: seededRandom('back'), market: () => all });
    const [cheap] = all.models[0]?.endpoints ?? [];
    if (!cheap) expect.fail('the market has the endpoint');
    for (let time = 0; time < 5; time++)
      one.report(one.plan(request()), { endpoint: cheap }, fault('CUT'));
    await clock.advance(10_000);
    const byPrice = request(prefer({ sort: 'PRICE' }));
    [...one.attempts(one.route(byPrice))];
    one.report(one.plan(byPrice), { endpoint: cheap }, 'SUCCEEDED');
    const shown = () =>
      one.plan(byPrice).candidates.map(({ endpoint, weight }) => [endpoint.provider.slug, weight]);
    expect(shown()).toEqual([
      ['middle', 0.9],
      ['cheap', 0.1],
      ['dear', 0],
    ]);
    const firsts = Array.from({ length: 1_000 }, () => one.route(byPrice).candidateAt(0)?.endpoint);
    const share = firsts.filter((endpoint) => endpoint === cheap).length / 1_000;
    expect(share).toBeGreaterThan(0.07);
    expect(share).toBeLessThan(0.13);
    expect(one.plan(request(prefer({ order: ['cheap'] }))).candidateAt(0)?.endpoint).toBe(cheap);
    await clock.advance(30_000);
    expect(shown()).toEqual([
      ['cheap', 1],
      ['middle', 0],
      ['dear', 0],
    ]);
  });

  it('puts what misses a threshold last', () => {
    const wishes = prefer({ sort: 'PRICE', maxTimeToFirstTokenMs: 100 });
    expect(ordered(wishes, { cheap: { timeToFirstTokenMs: 101 } }).providers).toEqual([
      'middle',
      'dear',
      'cheap',
    ]);
  });
});

describe('a session', () => {
  const inSession = request({ sessionId: 'talk' });

  it('goes where its last answer came from, against all odds', () => {
    const one = router();
    const dear = all.models[0]?.endpoints[2];
    if (!dear) expect.fail('the market has the endpoint');
    one.report(one.route(inSession), { endpoint: dear }, 'SUCCEEDED');
    const { candidates } = one.route(inSession);
    expect(candidates[0]).toMatchObject({ endpoint: dear, weight: 1 });
    expect(candidates.slice(1).map(({ weight }) => weight)).toEqual([0, 0]);
  });

  it.each([
    ['anthropic', textNeeds, 5],
    ['amazon-bedrock', textNeeds, 5],
    ['openai', textNeeds, 10],
    ['azure', textNeeds, 10],
    ['deepseek', textNeeds, 120],
    ['groq', textNeeds, 120],
    ['somebody', textNeeds, 5],
    ['anthropic', { ...textNeeds, cachedForAnHour: true }, 60],
  ])(
    'stays with %s as long as its prompt cache lives, and says so',
    async (provider, needs, min) => {
      const clock = virtualClock();
      const goods = market({
        'anthropic/one': [{ provider, pricing: flat(3) }, { provider: 'other' }],
      });
      const one = openRouter({ clock, random: seededRandom(1), market: () => goods });
      const [endpoint] = goods.models[0]?.endpoints ?? [];
      if (!endpoint) expect.fail('the market has the endpoint');
      const asked = request({ model: 'anthropic/one', sessionId: 'talk', needs });
      one.report(one.route(asked), { endpoint }, 'SUCCEEDED');
      await clock.advance(1_000);
      expect(one.plan(asked).candidates[0]).toMatchObject({ endpoint, weight: 1 });
      expect(one.plan(asked).candidates[0]?.reason).toContain(`for another ${min} min`);
      await clock.advance(min * 60_000);
      expect(one.plan(asked).candidates[0]?.endpoint).not.toBe(endpoint);
    },
  );

  it.each<[string, Partial<RouteRequest>]>([
    ['another organization', { sessionId: 'talk', organizationId: 'org_other' }],
    ['another session', { sessionId: 'walk' }],
    ['no session', {}],
    ['a caller who lists an order', { sessionId: 'talk', ...prefer({ order: ['cheap'] }) }],
  ])('does not draw along %s', (_, given) => {
    const one = router();
    const dear = all.models[0]?.endpoints[2];
    if (!dear) expect.fail('the market has the endpoint');
    one.report(one.route(inSession), { endpoint: dear }, 'SUCCEEDED');
    expect(one.plan(request(given)).candidates[0]?.endpoint).not.toBe(dear);
  });

  it('leaves an endpoint that fails', () => {
    const one = router();
    const dear = all.models[0]?.endpoints[2];
    if (!dear) expect.fail('the market has the endpoint');
    one.report(one.route(inSession), { endpoint: dear }, 'SUCCEEDED');
    one.report(one.route(inSession), { endpoint: dear }, fault('CUT'));
    expect(one.plan(inSession).candidates[0]?.endpoint.provider.slug).toBe('cheap');
  });

  it('does not move for an attempt that failed or was abandoned', () => {
    const one = router();
    const [cheap, , dear] = all.models[0]?.endpoints ?? [];
    if (!cheap || !dear) expect.fail('the market has the endpoints');
    one.report(one.route(inSession), { endpoint: dear }, 'SUCCEEDED');
    one.report(one.route(inSession), { endpoint: cheap }, 'ABANDONED');
    one.report(one.route(inSession), { endpoint: cheap }, fault('CALLER'));
    expect(one.route(inSession).candidates[0]?.endpoint).toBe(dear);
  });

  it('starts at the same endpoint on every node, and different ones spread by price', () => {
    const firstOf = (seed: string, sessionId: string) => {
      const options = { clock: virtualClock(), random: seededRandom(seed), market: () => all };
      return openRouter(options).route(request({ sessionId })).candidates[0]?.endpoint.provider
        .slug;
    };
    const sessions = Array.from({ length: 300 }, (_, number) => `session ${number}`);
    const firsts = sessions.map((session) => firstOf('one node', session));
    expect(sessions.map((session) => firstOf('another node', session))).toEqual(firsts);
    const cheap = firsts.filter((slug) => slug === 'cheap').length;
    expect(cheap / 300).toBeGreaterThan(0.6);
    expect(new Set(firsts).size).toBe(3);
  });
});
