import { describe, expect, it } from 'vitest';
import { seededRandom } from '#kernel';
import { NoEndpointAvailable, openRouter } from '#routing';
import { virtualClock } from '../harness/virtual-clock.ts';
import { fault, flat, market, request } from './stand.ts';

function stand() {
  const clock = virtualClock();
  const all = market({
    'acme/one': [
      { provider: 'a', pricing: flat(1) },
      { provider: 'b', pricing: flat(2) },
    ],
    'acme/two': [{ provider: 'c' }],
  });
  const [a, b, c] = all.models.flatMap(({ endpoints }) => endpoints);
  if (!a || !b || !c) expect.fail('the market has its endpoints');
  const router = openRouter({ clock, random: seededRandom('router'), market: () => all });
  const asked = request({ model: 'acme/one:floor', fallbackModels: ['acme/two'] });
  const trip = (endpoint: typeof a) => {
    const route = router.plan(asked);
    for (let time = 0; time < 5; time++) router.report(route, { endpoint }, fault('CONNECT'));
  };
  return { clock, router, asked, trip, a, b, c };
}

describe('attempts', () => {
  it('go through the candidates in order, and on to the fallback models', () => {
    const { router, asked, a, b, c } = stand();
    const tried = [...router.attempts(router.route(asked))].map(({ endpoint }) => endpoint);
    expect(tried).toEqual([a, b, c]);
  });

  it('leave out an endpoint that went down after the route was made', () => {
    const { router, asked, trip, b, c } = stand();
    const attempts = router.attempts(router.route(asked));
    attempts.next();
    trip(b);
    expect(attempts.next().value?.endpoint).toBe(c);
    expect(attempts.next().done).toBe(true);
  });

  it('that are left work out no further candidate', () => {
    const { router, asked, a } = stand();
    const route = router.route(asked);
    const attempts = router.attempts(route);
    expect(attempts.next().value?.endpoint).toBe(a);
    attempts.return();
    expect(route.candidateAt(0)?.endpoint).toBe(a);
    expect(route.candidateAt(1)).toBeUndefined();
  });

  it('pass over an endpoint whose tokens a prompt of that size would use up', () => {
    const { router, asked, a, b } = stand();
    const tokens = { left: 100, limit: null, resetMs: 60_000 };
    router.heard({ endpoint: a }, { requestsLeft: Infinity, resetMs: 0, tokens });
    const [small, large] = [300, 2_000].map((promptTokens) => ({ ...asked, promptTokens }));
    if (!small || !large) expect.fail('both requests were made');
    expect(router.plan(large).rejected).toMatchObject([{ endpoint: a, code: 'RATE_LIMITED' }]);
    const twice = [router.route(small), router.route(small)];
    const taken = twice.map((route) => router.attempts(route).next().value?.endpoint);
    expect(taken).toEqual([a, b]);
  });

  it('fail with what happened when all went down after the route was made', () => {
    const { router, asked, trip, a, b, c } = stand();
    const attempts = router.attempts(router.route(asked));
    for (const endpoint of [a, b, c]) trip(endpoint);
    const refused = () => attempts.next();
    expect(refused).toThrow(NoEndpointAvailable);
  });

  it('that failed one after the other simply end: the last error is the answer', () => {
    const { router, asked } = stand();
    const route = router.route(asked);
    for (const { endpoint } of router.attempts(route))
      router.report(route, { endpoint }, fault('CUT'));
    expect(router.plan(asked).candidates).toHaveLength(3);
  });

  it("let one trial through when an endpoint's time has come, and keep others off", async () => {
    const { clock, router, asked, trip, a, b } = stand();
    trip(a);
    await clock.advance(10_000);
    const [first, second] = [router.route(asked), router.route(asked)];
    const trial = router.attempts(first).next().value;
    expect(trial?.endpoint).toBe(a);
    expect(router.attempts(second).next().value?.endpoint).toBe(b);
    expect(router.plan(asked).rejected).toMatchObject([{ endpoint: a, code: 'TRIPPED' }]);
    router.report(first, { endpoint: a }, 'SUCCEEDED');
    await clock.advance(30_000);
    expect(router.attempts(router.route(asked)).next().value?.endpoint).toBe(a);
  });
});

describe('a route that is to be sent', () => {
  it('is thrown as its error when it leads nowhere', () => {
    const { router } = stand();
    expect(() => router.route(request({ model: 'acme/three' }))).toThrow(
      expect.objectContaining({ code: 'MODEL_NOT_FOUND' }),
    );
    expect(() => router.route(request({ allowedModels: [] }))).toThrow(
      expect.objectContaining({ code: 'POLICY_VIOLATION' }),
    );
  });
});

describe('a plan', () => {
  it('takes no trial and draws nothing', async () => {
    const { clock, router, asked, trip, a } = stand();
    trip(a);
    await clock.advance(10_000);
    for (let time = 0; time < 3; time++) {
      expect(router.plan(asked).candidates[0]?.endpoint).toBe(a);
    }
  });
});
