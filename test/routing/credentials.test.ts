import { describe, expect, it } from 'vitest';
import { derivedId, Secret, seededRandom } from '#kernel';
import { type OwnKey, openRouter, type Route, type RouteRequest } from '#routing';
import { virtualClock } from '../harness/virtual-clock.ts';
import { fault, flat, market, type Offer, prefer, request } from './stand.ts';

const key = (id: string, fallbackToPlatform = true): OwnKey => ({
  id,
  secret: new Secret(`secret of ${id}`),
  fallbackToPlatform,
});

const keysAt = (keys: Readonly<Record<string, readonly OwnKey[]>>) =>
  new Map(Object.entries(keys).map(([slug, list]) => [derivedId('provider', slug), list]));

const three: Offer[] = [
  { provider: 'cheap', pricing: flat(1) },
  { provider: 'middle', pricing: flat(2) },
  { provider: 'dear', pricing: flat(9) },
];

function stand(offers: readonly Offer[] = three, hasOwnKey?: (id: string) => boolean) {
  const clock = virtualClock();
  const goods = market({ 'acme/one': offers });
  const random = seededRandom('own keys');
  const options = { clock, random, market: () => goods };
  return { clock, router: openRouter(hasOwnKey ? { ...options, hasOwnKey } : options) };
}

const shown = ({ candidates }: Route) =>
  candidates.map(({ endpoint, ownKey }) => `${endpoint.provider.slug} ${ownKey?.id ?? 'platform'}`);

const planned = (given: Partial<RouteRequest>, offers?: readonly Offer[]) =>
  stand(offers).router.plan(request(given));

describe('an own provider key', () => {
  it('is tried before everything that costs the full price, its platform fallback after it', () => {
    const route = planned({ ownKeys: keysAt({ dear: [key('k')] }) });
    expect(shown(route)).toEqual(['dear k', 'cheap platform', 'middle platform', 'dear platform']);
    expect(route.candidates.map(({ weight }) => weight)).toEqual([1, 0, 0, 0]);
  });

  it('leaves out the platform’s credential when it is not to fall back on it', () => {
    const ownKeys = keysAt({ dear: [key('k', false)] });
    expect(shown(planned({ ownKeys }))).toEqual(['dear k', 'cheap platform', 'middle platform']);
    const both = keysAt({ dear: [key('one'), key('two', false)] });
    expect(shown(planned({ ownKeys: both }))).toEqual([
      'dear one',
      'dear two',
      'cheap platform',
      'middle platform',
    ]);
  });

  it('makes an endpoint usable that the platform has no access to', () => {
    const offers: Offer[] = [{ provider: 'far', of: { configured: false } }];
    expect(planned({}, offers).rejected).toMatchObject([{ code: 'NOT_CONFIGURED' }]);
    const ownKeys = keysAt({ far: [key('k')] });
    expect(shown(planned({ ownKeys }, offers))).toEqual(['far k']);
    const nowhere: Offer[] = [{ provider: 'far', of: { configured: false, baseUrl: null } }];
    expect(planned({ ownKeys }, nowhere).rejected).toMatchObject([{ code: 'NOT_CONFIGURED' }]);
  });

  it('gives way to what the caller wishes: an order, a sort', () => {
    const ownKeys = keysAt({ dear: [key('k')] });
    const ordered = planned({ ownKeys, ...prefer({ order: ['cheap', 'dear'] }) });
    expect(shown(ordered).slice(0, 3)).toEqual(['cheap platform', 'dear k', 'dear platform']);
    const sorted = planned({ ownKeys, ...prefer({ sort: 'PRICE' }) });
    expect(shown(sorted).slice(-2)).toEqual(['dear k', 'dear platform']);
  });

  it('stays alone with its fallback when there are to be no fallbacks to others', () => {
    const ownKeys = keysAt({ dear: [key('k')] });
    const route = planned({ ownKeys, ...prefer({ allowFallbacks: false }) });
    expect(shown(route)).toEqual(['dear k', 'dear platform']);
    expect(route.rejected.map(({ code }) => code)).toEqual(['FALLBACKS_OFF', 'FALLBACKS_OFF']);
  });

  it('is of no use against a policy, a ceiling or a list of the caller', () => {
    const ownKeys = keysAt({ dear: [key('k')] });
    const route = planned({ ownKeys, ...prefer({ ignore: ['dear'] }) });
    expect(shown(route)).toEqual(['cheap platform', 'middle platform']);
  });
});

describe('the breakers', () => {
  const offers: Offer[] = [{ provider: 'only', pricing: flat(1) }];
  const ownKeys = keysAt({ only: [key('k')] });

  it('of an own key and of the platform’s credential know nothing of each other', () => {
    const { router } = stand(offers);
    const route = router.route(request({ ownKeys }));
    const [own, platform] = route.candidates;
    if (!own || !platform) throw expect.unreachable();
    for (let time = 0; time < 5; time++) router.report(route, own, fault('CREDENTIAL'));
    expect(shown(router.plan(request({ ownKeys })))).toEqual(['only platform']);
    expect(shown(router.plan(request()))).toEqual(['only platform']);
    expect(router.status(own.endpoint).status).toBe('UP');

    const other = keysAt({ only: [key('another')] });
    expect(shown(router.plan(request({ ownKeys: other })))).toEqual([
      'only another',
      'only platform',
    ]);
    for (let time = 0; time < 5; time++) router.report(route, platform, fault('CONNECT'));
    expect(shown(router.plan(request({ ownKeys: other })))).toEqual(['only another']);
  });

  it('let the endpoint be rejected when every credential is out, with the own key’s reason', () => {
    const { router } = stand(offers);
    const route = router.route(request({ ownKeys }));
    const [own, platform] = route.candidates;
    if (!own || !platform) throw expect.unreachable();
    router.report(route, own, fault('RATE_LIMITED', { retryAfterMs: 7_000 }));
    for (let time = 0; time < 5; time++) router.report(route, platform, fault('CONNECT'));
    const { candidates, rejected } = router.plan(request({ ownKeys }));
    expect(candidates).toEqual([]);
    expect(rejected).toMatchObject([{ code: 'RATE_LIMITED', retryAfterMs: 7_000 }]);
  });

  it('of an own key closes again once it was taken', async () => {
    const { router, clock } = stand(offers);
    const route = router.route(request({ ownKeys }));
    const [own] = route.candidates;
    if (!own) throw expect.unreachable();
    for (let time = 0; time < 5; time++) router.report(route, own, fault('CREDENTIAL'));
    await clock.advance(10_000);
    expect(router.attempts(route).next().value).toBe(own);
    router.report(route, own, 'SUCCEEDED');
    expect(shown(router.plan(request({ ownKeys })))).toEqual(['only k', 'only platform']);
  });
});

describe('the trouble', () => {
  const two: Offer[] = [
    { provider: 'cheap', pricing: flat(1) },
    { provider: 'dear', pricing: flat(9) },
  ];
  const ownKeys = keysAt({ cheap: [key('c')], dear: [key('d')] });
  const inTrouble = (given: Partial<RouteRequest>) => {
    const { router, clock } = stand(two);
    const route = router.route(request(given));
    const cheap = route.candidates.find(({ endpoint }) => endpoint.provider.slug === 'cheap');
    if (!cheap) throw expect.unreachable();
    router.report(route, cheap, fault('STATUS'));
    return { router, clock, route, cheap };
  };

  it('of the platform’s credential does not set back an endpoint that an own key is for', () => {
    const { router } = inTrouble({});
    expect(shown(router.plan(request()))).toEqual(['dear platform', 'cheap platform']);
    expect(shown(router.plan(request({ ownKeys })))[0]).toBe('cheap c');
  });

  it('of an own key sets back the endpoint for it, and for nobody else', () => {
    const { router } = inTrouble({ ownKeys });
    expect(shown(router.plan(request({ ownKeys })))[0]).toBe('dear d');
    expect(shown(router.plan(request()))).toEqual(['cheap platform', 'dear platform']);
  });

  it('of the one does not end a session that goes on with the other', () => {
    const { router, route, cheap } = inTrouble({ sessionId: 'chat' });
    const own = request({ ownKeys, sessionId: 'chat' });
    router.report(route, { endpoint: cheap.endpoint, ownKey: key('c') }, 'SUCCEEDED');
    const [first] = router.plan(own).candidates;
    expect(first?.endpoint.provider.slug).toBe('cheap');
    expect(first?.reason).toContain("this session's last answer");
  });

  it('of the platform’s, once over, leaves an own key its whole share', async () => {
    const { router, clock, route, cheap } = inTrouble({});
    for (let time = 0; time < 4; time++) router.report(route, cheap, fault('STATUS'));
    await clock.advance(60_000);
    router.attempts(route).next();
    router.report(route, cheap, 'SUCCEEDED');
    const shareOf = (given: Partial<RouteRequest>) =>
      router.plan(request(given)).candidates.find(({ endpoint }) => endpoint === cheap.endpoint)
        ?.weight ?? 0;
    expect(shareOf({})).toBeLessThan(0.95);
    expect(shareOf({ ownKeys })).toBeGreaterThan(0.98);
  });
});

it('a key that is removed after the route was made is not used on it any more', () => {
  const there = new Set(['k']);
  const { router } = stand([{ provider: 'only' }], (id) => there.has(id));
  const route = router.route(request({ ownKeys: keysAt({ only: [key('k', false)] }) }));
  there.delete('k');
  expect(() => [...router.attempts(route)]).toThrow(/removed or disabled meanwhile/);
});
