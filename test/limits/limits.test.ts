import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openLimits, RateLimited } from '#limits';
import { virtualClock } from '../harness/virtual-clock.ts';

function stand() {
  const clock = virtualClock();
  return { clock, limits: openLimits({ clock }) };
}

describe('a key with a limit', () => {
  it('is allowed its requests, then refused until the first of them is a minute old', async () => {
    const { clock, limits } = stand();
    expect([1, 2, 3].map(() => limits.take('key', 3))).toMatchObject([
      { allowed: true, limit: 3, remaining: 2 },
      { allowed: true, limit: 3, remaining: 1 },
      { allowed: true, limit: 3, remaining: 0 },
    ]);
    const refused = limits.take('key', 3);
    expect(refused).toMatchObject({ allowed: false, remaining: 0, retryAfterMs: 61_000 });
    expect(refused.resetAt.getTime()).toBe(clock.now() + 61_000);
    await clock.advance(60_999);
    expect(limits.take('key', 3).allowed).toBe(false);
    await clock.advance(1);
    expect(limits.take('key', 3).allowed).toBe(true);
  });

  it('has its own count', () => {
    const { limits } = stand();
    limits.take('one', 1);
    expect(limits.take('one', 1).allowed).toBe(false);
    expect(limits.take('two', 1).allowed).toBe(true);
  });

  it('is not kept out by asking', async () => {
    const { clock, limits } = stand();
    limits.take('key', 1);
    for (let second = 0; second < 61; second++) {
      expect(limits.take('key', 1).allowed).toBe(false);
      await clock.advance(1_000);
    }
    expect(limits.take('key', 1).allowed).toBe(true);
  });

  it('that was lowered waits until enough of its requests are old', async () => {
    const { clock, limits } = stand();
    for (let count = 0; count < 5; count++) {
      limits.take('key', 10);
      await clock.advance(1_000);
    }
    expect(limits.take('key', 2).retryAfterMs).toBe(59_000);
    expect(limits.take('key', 6).allowed).toBe(true);
  });

  it('is told to wait for whole milliseconds, enough of them', async () => {
    const { clock, limits } = stand();
    await clock.advance(0.25);
    limits.take('key', 1);
    const { retryAfterMs } = limits.take('key', 1);
    expect(Number.isInteger(retryAfterMs)).toBe(true);
    await clock.advance(retryAfterMs);
    expect(limits.take('key', 1).allowed).toBe(true);
  });

  it('of 0 is never allowed', async () => {
    const { clock, limits } = stand();
    expect(limits.take('key', 0)).toMatchObject({ allowed: false, retryAfterMs: 60_000 });
    await clock.advance(60_000);
    expect(limits.take('key', 0).allowed).toBe(false);
  });

  it('can look without taking', () => {
    const { clock, limits } = stand();
    expect(limits.look('key', 2)).toMatchObject({ allowed: true, remaining: 2, retryAfterMs: 0 });
    expect(limits.look('key', 2).resetAt.getTime()).toBe(clock.now());
    limits.take('key', 2);
    expect(limits.look('key', 2)).toEqual(limits.look('key', 2));
    expect(limits.look('key', 2)).toMatchObject({ remaining: 1 });
    expect(limits.look('key', 2).resetAt.getTime()).toBe(clock.now() + 61_000);
  });
});

const asks = fc.array(fc.nat(20_000), { minLength: 1, maxLength: 200 });

describe('whenever the requests come', () => {
  it('no 60 s see more of them than the limit', async () => {
    await fc.assert(
      fc.asyncProperty(asks, fc.integer({ min: 1, max: 6 }), async (waits, limit) => {
        const { clock, limits } = stand();
        const taken: number[] = [];
        for (const waitMs of waits) {
          await clock.advance(waitMs);
          if (limits.take('key', limit).allowed) taken.push(clock.monotonic());
        }
        for (const [index, at] of taken.entries()) {
          const before = taken[index - limit];
          if (before !== undefined) expect(at - before).toBeGreaterThanOrEqual(60_000);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('what a refusal says to wait is enough, and not a millisecond too long', async () => {
    await fc.assert(
      fc.asyncProperty(asks, fc.integer({ min: 1, max: 6 }), async (waits, limit) => {
        const { clock, limits } = stand();
        for (const waitMs of waits) {
          await clock.advance(waitMs);
          const { allowed, retryAfterMs } = limits.take('key', limit);
          if (allowed) continue;
          expect(retryAfterMs).toBeLessThanOrEqual(61_000);
          await clock.advance(retryAfterMs - 1);
          expect(limits.look('key', limit).allowed).toBe(false);
          await clock.advance(1);
          expect(limits.look('key', limit).allowed).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });
});

it('a refusal tells whose limit it is and when to come back', () => {
  const { limits } = stand();
  limits.take('key', 1);
  const fault = new RateLimited('API_KEY', limits.take('key', 1));
  expect(fault).toMatchObject({ code: 'RATE_LIMITED', scope: 'API_KEY', retryable: true });
  expect(fault.retryAfterMs).toBe(61_000);
  expect(fault.public).toBe('The limit of this API key is 1 a minute. Try again in 61 s.');
});
