import { describe, expect, it } from 'vitest';
import type { Endpoint } from '#catalog';
import type { BreakerNotice, StatusChange } from '#routing';
import { Health } from '../../src/routing/health.ts';
import { virtualClock } from '../harness/virtual-clock.ts';
import { fault, market, type Offer } from './stand.ts';

function endpoint(offer: Partial<Offer> = {}, slug = 'acme/one'): Endpoint {
  const [only] = market({ [slug]: [{ provider: 'a', ...offer }] }).models[0]?.endpoints ?? [];
  if (!only) expect.fail('the market has the endpoint');
  return only;
}

function stand(one = endpoint()) {
  const clock = virtualClock();
  const health = new Health(clock);
  const notices: BreakerNotice[] = [];
  const changes: StatusChange[] = [];
  health.onNotice((notice) => notices.push(notice));
  health.onStatus((change) => changes.push(change));
  const fail = (times: number) => {
    for (let time = 0; time < times; time++) health.report(one, fault('CONNECT'));
  };
  const told = () => changes.map(({ previous, current }) => `${previous} → ${current.status}`);
  return { clock, health, notices, changes, told, fail, one };
}

const whoever = ({ id }: Endpoint) => ({ endpoint: id, credential: null });

describe('what counts against an endpoint', () => {
  it.each(['CALLER', 'CONTEXT_LENGTH', 'CONTENT_POLICY', 'MODEL_ERRED'] as const)(
    "a caller's own fault does not, nor what a model wrote: %s",
    (failure) => {
      const { health, one, changes } = stand();
      for (let time = 0; time < 50; time++) health.report(one, fault(failure));
      expect(health.refusal(one)).toBeNull();
      expect(health.troubled(one)).toBe(false);
      expect(changes).toEqual([]);
    },
  );

  it('an abandoned attempt does not', () => {
    const { health, one } = stand();
    for (let time = 0; time < 50; time++) health.report(one, 'ABANDONED');
    expect(health.status(one).status).toBe('UP');
  });

  it.each([
    'CONNECT',
    'TLS',
    'CONNECT_TIMEOUT',
    'FIRST_CONTENT_TIMEOUT',
    'IDLE_TIMEOUT',
    'TOTAL_TIMEOUT',
    'STATUS',
    'OVERLOADED',
    'CREDENTIAL',
    'CONTENT_TYPE',
    'MALFORMED',
    'CUT',
    'ERROR_IN_BODY',
  ] as const)('five times %s does', (failure) => {
    const { health, one } = stand();
    for (let time = 0; time < 5; time++) health.report(one, fault(failure));
    expect(health.refusal(one)).toMatchObject({ code: 'TRIPPED', retryAfterMs: 10_000 });
  });

  it('a rate limit never does; the endpoint is left alone as long as it asked', async () => {
    const { clock, health, one } = stand();
    for (let time = 0; time < 50; time++) {
      health.report(one, fault('RATE_LIMITED', { retryAfterMs: 7_000 }));
    }
    expect(health.refusal(one)).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 7_000 });
    expect(health.status(one).status).toBe('DEGRADED');
    await clock.advance(7_000);
    expect(health.refusal(one)).toBeNull();
    expect(health.status(one).status).toBe('UP');
  });

  it('a rate limit without Retry-After keeps everybody off for a second', async () => {
    const { clock, health, one } = stand();
    health.report(one, fault('RATE_LIMITED'));
    expect(health.take(one)).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 1_000 });
    await clock.advance(1_000);
    expect(health.take(one)).toBeNull();
  });

  it('Retry-After of an overloaded provider is honoured too', () => {
    const { health, one } = stand();
    health.report(one, fault('OVERLOADED', { retryAfterMs: 12_000 }));
    expect(health.refusal(one)).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 12_000 });
  });

  it('a trial that failed makes it DOWN for longer', async () => {
    const { clock, health, one, fail } = stand();
    fail(5);
    await clock.advance(10_000);
    expect(health.take(one)).toBeNull();
    fail(1);
    expect(health.refusal(one)).toMatchObject({ code: 'DOWN', retryAfterMs: 20_000 });
  });
});

describe('a fault model of the sandbox', () => {
  it.each([
    'sandbox/fail-500',
    'sandbox/fail-429',
    'sandbox/hang',
    'sandbox/cut-after-10',
    'sandbox/malformed',
    'sandbox/slow-first-token',
    'sandbox/no-usage',
  ])('%s never trips, pauses nor turns DOWN', (slug) => {
    const one = endpoint({ provider: 'sandbox', of: { sandbox: true } }, slug);
    const { health, notices, fail } = stand(one);
    fail(50);
    health.report(one, fault('RATE_LIMITED', { retryAfterMs: 60_000 }));
    expect(health.take(one)).toBeNull();
    expect(health.status(one).status).toBe('UP');
    expect(notices).toEqual([]);
  });

  it('is the only one: the flaky provider trips like any other', () => {
    const one = endpoint({ provider: 'sandbox-flaky', of: { sandbox: true } }, 'sandbox/markov');
    const { health, fail } = stand(one);
    fail(5);
    expect(health.refusal(one)?.code).toBe('TRIPPED');
  });
});

describe('what others are told', () => {
  it('the opening, the closing and each pause, with the hour until which it holds', async () => {
    const { clock, health, notices, fail, one } = stand();
    const start = clock.now();
    fail(5);
    await clock.advance(10_000);
    health.take(one);
    health.report(one, 'SUCCEEDED');
    health.report(one, fault('RATE_LIMITED', { retryAfterMs: 2_000 }));
    expect(notices).toEqual([
      { endpoint: one.id, credential: null, state: 'TROUBLED', until: start + 10_000 },
      { endpoint: one.id, credential: null, state: 'OPEN', until: start + 10_000 },
      { endpoint: one.id, credential: null, state: 'CLOSED', until: null },
      { endpoint: one.id, credential: 'platform', state: 'PAUSED', until: start + 12_000 },
    ]);
  });

  it('is enough for another node to do the same, and is not told back', async () => {
    const { notices, fail, one, health } = stand();
    const other = stand(one);
    health.onNotice((notice) => other.health.apply(notice));
    fail(5);
    expect(other.health.refusal(one)).toMatchObject({ code: 'TRIPPED', retryAfterMs: 10_000 });
    expect(other.health.status(one).status).toBe('DOWN');
    await other.clock.advance(10_000);
    expect(other.health.take(one)).toBeNull();
    expect(other.notices).toEqual([]);
    expect(notices.map(({ state }) => state)).toEqual(['TROUBLED', 'OPEN']);
    other.health.report(one, 'SUCCEEDED');
    expect(other.health.status(one).status).toBe('UP');
    expect(other.notices).toMatchObject([{ state: 'CLOSED' }]);
  });

  it('makes an endpoint that fails at times DEGRADED, and last, everywhere', async () => {
    const { clock, health, one, fail } = stand();
    const other = stand(one);
    health.onNotice((notice) => other.health.apply(notice));
    fail(1);
    expect(other.told()).toEqual(['UP → DEGRADED']);
    expect(other.health.troubled(one)).toBe(true);
    for (let second = 0; second < 40; second++) {
      await Promise.all([clock.advance(1_000), other.clock.advance(1_000)]);
    }
    expect(other.told()).toEqual(['UP → DEGRADED', 'DEGRADED → UP']);
    expect(other.notices).toEqual([]);
  });

  it('makes an endpoint that refuses the credential at times DEGRADED everywhere', () => {
    const { health, one } = stand();
    const other = stand(one);
    health.onNotice((notice) => other.health.apply(notice));
    health.report(one, fault('CREDENTIAL'));
    expect(other.told()).toEqual(['UP → DEGRADED']);
    expect(other.notices).toEqual([]);
  });

  it('keeps it DEGRADED elsewhere though one message of two is lost', async () => {
    const { clock, health, one, fail } = stand();
    const other = stand(one);
    let messages = 0;
    health.onNotice((notice) => {
      if (messages++ % 2 === 0) other.health.apply(notice);
    });
    fail(1);
    for (let second = 1; second < 30; second++) {
      await Promise.all([clock.advance(1_000), other.clock.advance(1_000)]);
      expect(other.health.status(one).status).toBe('DEGRADED');
    }
  });

  it('that it works forgives who left it alone, and nothing that others counted', () => {
    const { clock, health, one, fail } = stand();
    const works = { ...whoever(one), state: 'CLOSED', until: null } as const;
    fail(1);
    health.apply(works);
    expect(health.status(one).status).toBe('DEGRADED');
    health.apply({ ...whoever(one), state: 'OPEN', until: clock.now() + 10_000 });
    health.apply(works);
    expect(health.status(one).status).toBe('UP');
  });

  it('of a second failed trial reads as DOWN there as well', () => {
    const { clock, health, one } = stand();
    health.apply({ ...whoever(one), state: 'OPEN', until: clock.now() + 20_000 });
    expect(health.refusal(one)?.code).toBe('DOWN');
  });

  it('from a node whose clock is wrong does not take an endpoint out for long', async () => {
    const { clock, health, one } = stand();
    health.apply({ ...whoever(one), state: 'OPEN', until: clock.now() + 86_400_000 });
    expect(health.refusal(one)?.retryAfterMs).toBe(60_000);
    const late = stand(one);
    late.health.apply({ ...whoever(one), state: 'OPEN', until: clock.now() - 1 });
    expect(late.health.refusal(one)).toBeNull();
  });

  it('stops when the listener is taken off', () => {
    const { health, one, fail } = stand();
    const heard: BreakerNotice[] = [];
    const stop = health.onNotice((notice) => heard.push(notice));
    stop();
    fail(5);
    expect(heard).toEqual([]);
    expect(health.refusal(one)).not.toBeNull();
  });
});

describe('the status', () => {
  it.each<[string, Partial<Offer>, string]>([
    ['in use', {}, 'UP'],
    ['taken out', { enabled: false }, 'DISABLED'],
    ['of a provider that left', { of: { removedAt: new Date(0) } }, 'DISABLED'],
    ['removed', { removedAt: new Date(0) }, 'DISABLED'],
    ['without a credential', { of: { configured: false } }, 'NOT_CONFIGURED'],
  ])('of an endpoint %s', (_, offer, status) => {
    const one = endpoint(offer);
    const condition = new Health(virtualClock()).status(one);
    expect(condition.status).toBe(status);
    expect(condition.reason === null).toBe(status === 'UP');
  });

  it('goes from UP through trouble to DOWN and back, each told once', async () => {
    const { clock, health, one, fail, told } = stand();
    fail(2);
    fail(3);
    expect(told()).toEqual(['UP → DEGRADED', 'DEGRADED → DOWN']);
    await clock.advance(10_000);
    health.take(one);
    health.report(one, 'SUCCEEDED');
    expect(told().slice(2)).toEqual(['DOWN → UP']);
  });

  it('of trouble that passes is UP again by itself, and says since when', async () => {
    const { clock, health, one, fail, told, changes } = stand();
    await clock.advance(1_000);
    health.report(one, 'SUCCEEDED');
    expect(health.status(one).since).toEqual(one.createdAt);
    fail(1);
    const failedAt = clock.now();
    await clock.advance(31_000);
    expect(told()).toEqual(['UP → DEGRADED', 'DEGRADED → UP']);
    expect(changes[0]?.current.since).toEqual(new Date(failedAt));
    expect(health.status(one).since).toEqual(new Date(failedAt + 30_000));
    expect(clock.pending).toBe(0);
  });

  it('of one that nobody tries any more is DEGRADED rather than DOWN for ever', async () => {
    const { clock, fail, told } = stand();
    fail(5);
    await clock.advance(40_000);
    expect(told().at(-1)).toBe('DEGRADED → DOWN');
    await clock.advance(2_000);
    expect(told().at(-1)).toBe('DOWN → DEGRADED');
  });

  it('leaves no timer behind when it is closed', () => {
    const { clock, health, fail } = stand();
    fail(1);
    expect(clock.pending).toBe(1);
    health.close();
    expect(clock.pending).toBe(0);
  });
});

describe('a credential', () => {
  const refusal = fault('CREDENTIAL', { httpStatus: 401 });

  it('that is refused is left alone, and no other one', async () => {
    const { clock, health, one, told, notices } = stand();
    for (let time = 0; time < 5; time++) health.report(one, refusal, 'pk_acme');
    expect(health.refusal(one, 'pk_acme')).toMatchObject({ code: 'TRIPPED' });
    expect(health.refusal(one, 'pk_acme')?.reason).toContain('with this credential');
    expect(health.refusal(one)).toBeNull();
    expect(health.troubled(one)).toBe(false);
    expect(told()).toEqual([]);
    expect(notices).toMatchObject([{ credential: 'pk_acme', state: 'OPEN' }]);
    await clock.advance(10_000);
    expect(health.take(one, 'pk_acme')).toBeNull();
    expect(health.take(one, 'pk_acme')).not.toBeNull();
    health.report(one, 'SUCCEEDED', 'pk_acme');
    expect(health.refusal(one, 'pk_acme')).toBeNull();
  });

  it('of the platform that is refused turns the endpoint DOWN, and an own one still goes', () => {
    const { health, one } = stand();
    for (let time = 0; time < 5; time++) health.report(one, refusal);
    expect(health.status(one)).toMatchObject({ status: 'DOWN' });
    expect(health.status(one).reason).toContain('credential');
    expect(health.refusal(one, 'pk_acme')).toBeNull();
  });

  it('at its rate limit leaves the others theirs', () => {
    const { health, one } = stand();
    health.report(one, fault('RATE_LIMITED', { retryAfterMs: 7_000 }), 'pk_acme');
    expect(health.refusal(one, 'pk_acme')).toMatchObject({ retryAfterMs: 7_000 });
    expect(health.refusal(one)).toBeNull();
    expect(health.status(one).status).toBe('UP');
  });

  it('of an organization tells nothing of the endpoint, whatever befalls it', () => {
    const { health, one, fail, notices } = stand();
    for (let time = 0; time < 5; time++) health.report(one, fault('CUT'), 'pk_acme');
    expect(health.refusal(one, 'pk_acme')?.code).toBe('TRIPPED');
    expect(health.refusal(one)).toBeNull();
    expect(notices).toMatchObject([{ credential: 'pk_acme', state: 'OPEN' }]);
    fail(5);
    expect(health.refusal(one, 'pk_other')).toBeNull();
  });
});

describe('the limits of a provider', () => {
  it('are counted down and respected before they are hit, until they are reset', async () => {
    const { clock, health, one, notices } = stand();
    health.heard(one, { requestsLeft: 2, resetMs: 4_000 });
    expect([health.take(one), health.take(one)]).toEqual([null, null]);
    expect(health.take(one)).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 4_000 });
    expect(health.status(one).status).toBe('DEGRADED');
    expect(notices).toEqual([]);
    await clock.advance(4_000);
    expect(health.take(one)).toBeNull();
    expect(health.status(one).status).toBe('UP');
  });

  it('that are used up are told to the other nodes', () => {
    const { health, one } = stand();
    const other = stand(one);
    health.onNotice((notice) => other.health.apply(notice));
    health.heard(one, { requestsLeft: 0, resetMs: 4_000 });
    expect(other.health.refusal(one)).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 4_000 });
    expect(other.health.refusal(one, 'pk_acme')).toBeNull();
  });

  it('of tokens keep off the prompts that would not fit, and no others', async () => {
    const { clock, health, one } = stand();
    const tokens = { left: 1_000, limit: 1_000, resetMs: 4_000 };
    health.heard(one, { requestsLeft: Infinity, resetMs: 0, tokens });
    expect(health.take(one, undefined, 600)).toBeNull();
    expect(health.refusal(one, undefined, 600)).toMatchObject({
      code: 'RATE_LIMITED',
      reason: "Its provider's limits leave too few tokens for this prompt for another 4 s.",
    });
    expect(health.refusal(one, undefined, 400)).toBeNull();
    expect(health.refusal(one, 'pk_acme', 600)).toBeNull();
    await clock.advance(4_000);
    expect(health.refusal(one, undefined, 600)).toBeNull();
  });

  it('are what the last answer says they are', () => {
    const { health, one } = stand();
    health.heard(one, { requestsLeft: 0, resetMs: 4_000 });
    health.heard(one, { requestsLeft: 5_000, resetMs: 60_000 });
    expect(health.take(one)).toBeNull();
  });
});

it('an endpoint that was out gets its share back over half a minute', async () => {
  const { clock, health, one, fail } = stand();
  fail(5);
  await clock.advance(10_000);
  health.take(one);
  health.report(one, 'SUCCEEDED');
  expect(health.warmth(one)).toBe(0.1);
  await clock.advance(15_000);
  expect(health.warmth(one)).toBe(0.5);
  await clock.advance(15_000);
  expect(health.warmth(one)).toBe(1);
});
