import { describe, expect, it } from 'vitest';
import { Breaker, type BreakerEvent, type BreakerState } from '../../src/routing/breaker.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

/** Brings a new breaker into a state by what really leads there. */
async function breakerIn(state: BreakerState) {
  const clock = virtualClock();
  const breaker = new Breaker(clock);
  if (state === 'CLOSED') return { breaker, clock };
  fail(breaker, 5);
  if (state === 'OPEN') return { breaker, clock };
  await clock.advance(10_000);
  expect(breaker.admit()).toBe(true);
  return { breaker, clock };
}

function fail(breaker: Breaker, times: number) {
  for (let count = 0; count < times; count++) breaker.record('FAILED');
}

type Clock = ReturnType<typeof virtualClock>;

/** What happens to it, as its owner would do it; `admit` says whether it was let through. */
const happenings: Record<BreakerEvent, (breaker: Breaker, clock: Clock) => unknown> = {
  USED: (breaker) => breaker.admit(),
  DUE: async (breaker, clock) => {
    await clock.advance(60_000);
    return breaker.admit();
  },
  SUCCEEDED: (breaker) => breaker.record('SUCCEEDED'),
  FAILED: (breaker) => breaker.record('FAILED'),
  TOO_MANY: (breaker) => fail(breaker, 5),
  SPARED: (breaker) => breaker.record('SPARED'),
};

/** Written by hand from the contract, not read from the table that it tests. */
const expected: Record<BreakerState, Record<BreakerEvent, BreakerState | 'refused'>> = {
  CLOSED: {
    USED: 'CLOSED',
    DUE: 'CLOSED',
    SUCCEEDED: 'CLOSED',
    FAILED: 'CLOSED',
    TOO_MANY: 'OPEN',
    SPARED: 'CLOSED',
  },
  OPEN: {
    USED: 'refused',
    DUE: 'HALF_OPEN',
    SUCCEEDED: 'OPEN',
    FAILED: 'OPEN',
    TOO_MANY: 'OPEN',
    SPARED: 'OPEN',
  },
  HALF_OPEN: {
    USED: 'refused',
    DUE: 'HALF_OPEN',
    SUCCEEDED: 'CLOSED',
    FAILED: 'OPEN',
    TOO_MANY: 'OPEN',
    SPARED: 'OPEN',
  },
};

describe('the table of the breaker', () => {
  for (const state of Object.keys(expected) as BreakerState[]) {
    for (const event of Object.keys(expected[state]) as BreakerEvent[]) {
      const next = expected[state][event];
      it(`${state} meets ${event}: ${next}`, async () => {
        const { breaker, clock } = await breakerIn(state);
        const admitted = await happenings[event](breaker, clock);
        expect(admitted !== false).toBe(next !== 'refused');
        expect(breaker.state).toBe(next === 'refused' ? state : next);
      });
    }
  }
});

describe('when it opens', () => {
  it('five failures in a row open it, four do not', () => {
    const breaker = new Breaker(virtualClock());
    fail(breaker, 4);
    expect(breaker.state).toBe('CLOSED');
    fail(breaker, 1);
    expect(breaker.state).toBe('OPEN');
  });

  it('is tried again 10 s after the failure that opened it, whatever was before', async () => {
    const clock = virtualClock();
    const breaker = new Breaker(clock);
    fail(breaker, 4);
    await clock.advance(8_000);
    fail(breaker, 1);
    expect(breaker.blockedMs).toBe(10_000);
  });

  it('a success in between starts the row anew', () => {
    const breaker = new Breaker(virtualClock());
    fail(breaker, 4);
    breaker.record('SUCCEEDED');
    fail(breaker, 4);
    expect(breaker.state).toBe('CLOSED');
  });

  it('an attempt that says nothing leaves the row as it is', () => {
    const breaker = new Breaker(virtualClock());
    fail(breaker, 4);
    breaker.record('SPARED');
    fail(breaker, 1);
    expect(breaker.state).toBe('OPEN');
  });

  it('half of twenty within 30 s open it, half of eighteen do not', () => {
    const breaker = new Breaker(virtualClock());
    for (let pair = 0; pair < 9; pair++) {
      breaker.record('SUCCEEDED');
      breaker.record('FAILED');
    }
    expect(breaker.state).toBe('CLOSED');
    breaker.record('SUCCEEDED');
    breaker.record('FAILED');
    expect(breaker.state).toBe('OPEN');
  });

  it('ten of nineteen do not', () => {
    const breaker = new Breaker(virtualClock());
    for (let pair = 0; pair < 9; pair++) {
      breaker.record('FAILED');
      breaker.record('SUCCEEDED');
    }
    breaker.record('FAILED');
    expect(breaker.state).toBe('CLOSED');
  });

  it('less than half of many does not', () => {
    const breaker = new Breaker(virtualClock());
    for (let round = 0; round < 100; round++) {
      breaker.record('SUCCEEDED');
      breaker.record('SUCCEEDED');
      breaker.record('FAILED');
    }
    expect(breaker.state).toBe('CLOSED');
  });

  it('failures from more than 30 s ago do not count towards the half', async () => {
    const clock = virtualClock();
    const breaker = new Breaker(clock);
    for (let pair = 0; pair < 9; pair++) {
      breaker.record('FAILED');
      breaker.record('SUCCEEDED');
    }
    await clock.advance(31_000);
    breaker.record('FAILED');
    breaker.record('FAILED');
    expect(breaker.state).toBe('CLOSED');
  });
});

describe('how long it waits', () => {
  it('10 s at first, then twice as long after each failed trial, up to 60 s', async () => {
    const { breaker, clock } = await breakerIn('OPEN');
    const waits: number[] = [];
    for (let trial = 0; trial < 6; trial++) {
      waits.push(breaker.blockedMs);
      await clock.advance(breaker.blockedMs - 1);
      expect(breaker.admit()).toBe(false);
      await clock.advance(1);
      expect(breaker.admit()).toBe(true);
      breaker.record('FAILED');
    }
    expect(waits).toEqual([10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
  });

  it('10 s again after it had recovered', async () => {
    const { breaker, clock } = await breakerIn('HALF_OPEN');
    breaker.record('FAILED');
    await clock.advance(20_000);
    breaker.admit();
    breaker.record('SUCCEEDED');
    fail(breaker, 5);
    expect(breaker.blockedMs).toBe(10_000);
  });

  it('one trial at a time goes through; one that is never reported is given up', async () => {
    const { breaker, clock } = await breakerIn('HALF_OPEN');
    expect(breaker.admit()).toBe(false);
    await clock.advance(10_000);
    expect(breaker.admit()).toBe(true);
    expect(breaker.admit()).toBe(false);
  });

  it('a trial that could not tell leaves the place to whoever comes next', async () => {
    const { breaker } = await breakerIn('HALF_OPEN');
    breaker.record('SPARED');
    expect(breaker.admit()).toBe(true);
  });

  it('a recovered one starts with a clean record', async () => {
    const { breaker } = await breakerIn('HALF_OPEN');
    breaker.record('SUCCEEDED');
    expect(breaker.troubled).toBe(false);
    fail(breaker, 4);
    expect(breaker.state).toBe('CLOSED');
  });
});

describe('trouble and pauses', () => {
  it('a failure is trouble for 30 s', async () => {
    const clock = virtualClock();
    const breaker = new Breaker(clock);
    breaker.record('FAILED');
    expect(breaker.troubled).toBe(true);
    await clock.advance(29_000);
    expect(breaker.troubled).toBe(true);
    await clock.advance(1_000);
    expect(breaker.troubled).toBe(false);
  });

  it('one failure among a hundred successes is no trouble', () => {
    const breaker = new Breaker(virtualClock());
    for (let count = 0; count < 100; count++) breaker.record('SUCCEEDED');
    breaker.record('FAILED');
    expect(breaker.troubled).toBe(false);
  });

  it('a paused one is left alone until its time, and is not open', async () => {
    const clock = virtualClock();
    const breaker = new Breaker(clock);
    breaker.pause(7_000);
    await clock.advance(6_999);
    expect(breaker.admit()).toBe(false);
    expect(breaker.state).toBe('CLOSED');
    await clock.advance(1);
    expect(breaker.admit()).toBe(true);
  });

  it('a shorter pause does not end a longer one, and none lasts more than five minutes', () => {
    const breaker = new Breaker(virtualClock());
    breaker.pause(86_400_000);
    breaker.pause(1_000);
    expect(breaker.pausedMs).toBe(300_000);
  });

  it('open on another node is open here for what remains, 60 s at most', () => {
    const breaker = new Breaker(virtualClock());
    breaker.openFor(3_600_000);
    expect(breaker.state).toBe('OPEN');
    expect(breaker.blockedMs).toBe(60_000);
  });
});
