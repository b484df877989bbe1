import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '#kernel';
import { NoEndpointAvailable, openRouter, type RouteRequest, textNeeds } from '#routing';
import { openPolicy } from '../../src/identity/access/principal.ts';
import { virtualClock } from '../harness/virtual-clock.ts';
import { fault, flat, market, type Offer, perMillion, prefer, request } from './stand.ts';

function over(all: ReturnType<typeof market>, seed = 'route') {
  const clock = virtualClock();
  return openRouter({ clock, random: seededRandom(seed), market: () => all });
}

function planned(offers: Parameters<typeof market>[0], given: Partial<RouteRequest> = {}) {
  return over(market(offers)).plan(request(given));
}

const slugs = ['a', 'b', 'c', 'd'];

const offers: fc.Arbitrary<Offer[]> = fc.uniqueArray(
  fc.record({
    provider: fc.constantFrom(...slugs),
    pricing: fc.nat(20).map((dollars) => flat(dollars)),
    contextLength: fc.constantFrom(50, 500, 5_000),
    enabled: fc.boolean(),
    quantization: fc.constantFrom(null, 'fp8'),
    parameters: fc.subarray(['tools', 'seed', 'response_format']),
    of: fc.record({ configured: fc.boolean() }),
  }),
  { selector: ({ provider }) => provider, maxLength: 4 },
);

const names = (chance = 3) =>
  fc.option(fc.subarray([...slugs, 'nobody']), { nil: null, freq: chance });

const requests: fc.Arbitrary<Partial<RouteRequest>> = fc.record({
  model: fc.constantFrom('acme/one', 'acme/one:floor', 'acme/one:nitro', 'acme/one:free'),
  fallbackModels: fc.subarray(['acme/two', 'acme/one', 'acme/two:floor']),
  promptTokens: fc.constantFrom(0, 49, 400),
  maxTokens: fc.constantFrom(null, 60),
  sessionId: fc.constantFrom(null, 'talk'),
  allowedModels: fc.constantFrom(null, null, ['acme/*'], ['acme/two']),
  preferences: fc
    .record({
      order: names(),
      only: names(8),
      ignore: names(),
      allowFallbacks: fc.boolean(),
      requireParameters: fc.boolean(),
      sort: fc.constantFrom(null, null, 'PRICE', 'LATENCY'),
      quantizations: fc.constantFrom(null, null, ['fp8']),
      maxPromptPrice: fc.constantFrom(null, perMillion(10)),
    })
    .map((wishes) => prefer(wishes as Parameters<typeof prefer>[0]).preferences),
  needs: fc
    .subarray(['tools', 'seed', 'response_format'])
    .map((used) => ({ ...textNeeds, parameters: new Set(used) })),
});

const troubles = fc.array(fc.record({ at: fc.nat(7), times: fc.constantFrom(1, 5) }), {
  maxLength: 3,
});

describe('any route', () => {
  it('has each endpoint of its models in one place, and weights that add up to 1', () => {
    fc.assert(
      fc.property(offers, offers, requests, troubles, (one, two, given, hits) => {
        const all = market({ 'acme/one': one, 'acme/two': two });
        const router = over(all);
        const endpoints = all.models.flatMap((model) => model.endpoints);
        const plain = router.plan(request());
        for (const { at, times } of hits) {
          const endpoint = endpoints[at];
          if (!endpoint) continue;
          for (let time = 0; time < times; time++) router.report(plain, { endpoint }, fault('CUT'));
        }
        const route = router.plan(request(given));
        const wanted = route.models.flatMap((model) => model.endpoints.map(({ id }) => id));
        const found = [...route.candidates, ...route.rejected].map(({ endpoint }) => endpoint.id);
        expect(found.toSorted()).toEqual(wanted.toSorted());
        const total = route.candidates.reduce((sum, { weight }) => sum + weight, 0);
        expect(total).toBeCloseTo(route.candidates.length > 0 ? 1 : 0, 9);
        expect(route.error === null).toBe(route.candidates.length > 0);
        expect(route.rejected.every(({ reason }) => reason.length > 0)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('that is sent has the same endpoints as its dry run', () => {
    fc.assert(
      fc.property(offers, requests, (one, given) => {
        const router = over(market({ 'acme/one': one, 'acme/two': [{ provider: 'z' }] }));
        const preferences = { ...request(given).preferences, allowFallbacks: true };
        const asked = request({ ...given, preferences });
        const plan = router.plan(asked);
        if (plan.error) return;
        const ids = (route: typeof plan) =>
          route.candidates.map(({ endpoint }) => endpoint.id).toSorted();
        expect(ids(router.route(asked))).toEqual(ids(plan));
      }),
    );
  });

  it('tries the endpoints of a fallback model after all of the model before it', () => {
    const { candidates, models } = planned(
      {
        'acme/one': [{ provider: 'a', pricing: flat(9) }, { provider: 'b' }],
        'acme/two': [{ provider: 'c', pricing: flat(0) }],
        'acme/three': [{ provider: 'd' }],
      },
      { fallbackModels: ['acme/three:floor', 'acme/one', 'acme/two'] },
    );
    expect(models.map(({ slug }) => slug)).toEqual(['acme/one', 'acme/three', 'acme/two']);
    const order = candidates.map(({ endpoint }) => endpoint.provider.slug);
    expect(order).toEqual(['b', 'a', 'd', 'c']);
    expect(candidates.slice(2).map(({ weight }) => weight)).toEqual([0, 0]);
  });

  it('begins at the fallback model when the first has nobody', () => {
    const { candidates, model, error } = planned(
      { 'acme/one': [{ provider: 'a', enabled: false }], 'acme/two': [{ provider: 'b' }] },
      { fallbackModels: ['acme/two'] },
    );
    expect(error).toBeNull();
    expect(model?.slug).toBe('acme/one');
    expect(candidates).toMatchObject([{ weight: 1, endpoint: { provider: { slug: 'b' } } }]);
  });
});

describe('a route to nowhere', () => {
  const off = { enabled: false };
  const short = { contextLength: 10 };
  const denied = { policy: { ...openPolicy, deniedProviders: ['a'] } };

  it.each<[string, string, readonly Offer[], Partial<RouteRequest>]>([
    ['policy alone', 'POLICY_VIOLATION', [{ provider: 'a' }], denied],
    ['key alone', 'POLICY_VIOLATION', [{ provider: 'a', ...off }], { allowedModels: [] }],
    [
      "the policy's ceiling alone",
      'POLICY_VIOLATION',
      [{ provider: 'a' }],
      { policy: { ...openPolicy, maxPromptPrice: 0n } },
    ],
    [
      'policy and an outage',
      'NO_ENDPOINT_AVAILABLE',
      [{ provider: 'a' }, { provider: 'b', ...off }],
      denied,
    ],
    ["the request's own wish", 'NO_ENDPOINT_AVAILABLE', [{ provider: 'a' }], prefer({ only: [] })],
    [
      "the request's own wish for privacy",
      'NO_ENDPOINT_AVAILABLE',
      [
        {
          provider: 'a',
          of: { dataPolicy: { trainsOnPrompts: true, retainsPrompts: true, retentionDays: null } },
        },
      ],
      prefer({ allowTraining: false }),
    ],
    ['context alone', 'CONTEXT_LENGTH_EXCEEDED', [{ provider: 'a', ...short }], {}],
    [
      'context, beside what the platform has not got',
      'CONTEXT_LENGTH_EXCEEDED',
      [
        { provider: 'a', ...short },
        { provider: 'b', of: { configured: false } },
      ],
      {},
    ],
    [
      'context and a wish',
      'NO_ENDPOINT_AVAILABLE',
      [{ provider: 'a', ...short }, { provider: 'b' }],
      prefer({ ignore: ['b'] }),
    ],
    ['no endpoint at all', 'NO_ENDPOINT_AVAILABLE', [], {}],
  ])('by %s is %s', (_, code, list, given) => {
    const { error, rejected } = planned({ 'acme/one': list }, given);
    if (!(error instanceof NoEndpointAvailable)) expect.fail('the route has its error');
    expect(error.code).toBe(code);
    expect(error.rejections).toEqual(rejected);
    expect(error.retryable).toBe(false);
    expect(error.public).toContain('acme/one');
  });

  it('that will pass says when', () => {
    const all = market({ 'acme/one': [{ provider: 'a' }, { provider: 'b' }] });
    const router = over(all);
    const route = router.route(request());
    const [first, second] = all.models[0]?.endpoints ?? [];
    if (!first || !second) expect.fail('the market has the endpoints');
    router.report(route, { endpoint: first }, fault('RATE_LIMITED', { retryAfterMs: 4_000 }));
    for (let time = 0; time < 5; time++)
      router.report(route, { endpoint: second }, fault('CONNECT'));
    const { error, rejected } = router.plan(request());
    expect(error).toMatchObject({ retryable: true, retryAfterMs: 4_000 });
    expect(rejected.map(({ code, retryAfterMs }) => [code, retryAfterMs])).toEqual([
      ['RATE_LIMITED', 4_000],
      ['TRIPPED', 10_000],
    ]);
  });

  it('names each reason once, however many endpoints have it', () => {
    const list = slugs.map((provider) => ({ provider, ...off }));
    const { error } = planned({ 'acme/one': list });
    expect(error?.public).toBe(
      'No endpoint of acme/one can take this request. a does not serve it here at present. ' +
        '3 others are out for the same cause.',
    );
  });

  it('says no more than a reason that is the same for all', () => {
    const list = slugs.map((provider) => ({ provider }));
    const { error } = planned({ 'acme/one': list }, prefer({ only: ['opnai'] }));
    expect(error?.public).toBe(
      'No endpoint of acme/one can take this request. `only` names nobody who offers acme/one.',
    );
  });

  it('names the endpoint that a reason is about', () => {
    const list = slugs.map((provider) => ({ provider }));
    const { error } = planned({ 'acme/one': list }, prefer({ maxPromptPrice: 0n }));
    expect(error?.public).toMatch(
      /request\. a: It asks \$.* 3 others are out for the same cause\./,
    );
  });

  it('by a name that nobody has is MODEL_NOT_FOUND, with what was near', () => {
    const { model, models, candidates, rejected, error } = planned(
      { 'acme/one': [{ provider: 'a' }] },
      { model: 'acme/won' },
    );
    expect([model, models, candidates, rejected]).toEqual([null, [], [], []]);
    expect(error?.code).toBe('MODEL_NOT_FOUND');
    expect(error?.public).toBe('There is no model "acme/won". Did you mean acme/one?');
  });

  it('by the name of a fallback that nobody has says which', () => {
    const { error } = planned({ 'acme/one': [{ provider: 'a' }] }, { fallbackModels: ['zeta/x'] });
    expect(error?.public).toContain('"zeta/x"');
  });

  it('does not repeat a name of any length', () => {
    const { error } = planned({}, { model: 'x'.repeat(10_000) });
    expect(error?.public.length).toBeLessThan(300);
  });
});

describe('a model that is asked for as free first, then without that', () => {
  const offered = { 'acme/one': [{ provider: 'dear' }, { provider: 'gift', pricing: flat(0) }] };

  it.each([
    ['acme/one:free', ['acme/one'], ['gift', 'dear']],
    ['acme/one:free', ['acme/one:floor', 'acme/one:nitro'], ['gift', 'dear']],
    ['acme/one:free', ['acme/one:free'], ['gift']],
    ['acme/one', ['acme/one:free'], ['gift', 'dear']],
  ])('%s and %j are tried where they are named, each endpoint once', (model, more, expected) => {
    const { candidates, rejected, models } = planned(offered, { model, fallbackModels: more });
    const tried = candidates.map(({ endpoint }) => endpoint.provider.slug);
    expect(tried).toEqual(expected);
    expect(rejected).toHaveLength(2 - expected.length);
    expect(models).toHaveLength(1);
  });

  it('is refused for what refuses it in the end', () => {
    const wishes = {
      model: 'acme/one:free',
      fallbackModels: ['acme/one'],
      ...prefer({ only: [] }),
    };
    const { rejected } = planned(offered, wishes);
    expect(rejected.map(({ code }) => code)).toEqual(['NOT_IN_ONLY', 'NOT_IN_ONLY']);
  });
});
