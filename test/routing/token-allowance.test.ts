import { describe, expect, it } from 'vitest';
import { TokenAllowance } from '../../src/routing/token-allowance.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

function stand(left: number, limit: number | null, resetMs: number) {
  const clock = virtualClock();
  const allowance = new TokenAllowance(clock);
  allowance.hear({ left, limit, resetMs });
  return { clock, allowance };
}

describe('tokens that a limit leaves', () => {
  it('are counted down by what goes out', () => {
    const { allowance } = stand(1_000, null, 6_000);
    expect(allowance.waitMs(1_000)).toBe(0);
    allowance.take(600);
    expect(allowance.waitMs(400)).toBe(0);
    expect(allowance.waitMs(401)).toBe(6_000);
  });

  it('come back evenly where it is known how many there are', async () => {
    const { clock, allowance } = stand(0, 30_000, 60_000);
    expect(allowance.waitMs(1_000)).toBe(2_000);
    await clock.advance(1_000);
    expect(allowance.waitMs(1_000)).toBe(1_000);
    await clock.advance(1_000);
    expect(allowance.waitMs(1_000)).toBe(0);
    expect(allowance.waitMs(1_001)).toBeGreaterThan(0);
  });

  it('are all there when the time has come, or an answer says so', async () => {
    const { clock, allowance } = stand(10, null, 5_000);
    expect(allowance.waitMs(500)).toBe(5_000);
    await clock.advance(5_000);
    expect(allowance.waitMs(500)).toBe(0);
    const told = stand(10, null, 5_000).allowance;
    told.hear({ left: 5_000_000, limit: null, resetMs: 5_000 });
    expect(told.waitMs(500)).toBe(0);
    expect(told.counted).toBe(false);
  });

  it('are waited for as long as is left since the answer that told', async () => {
    const { clock, allowance } = stand(10, null, 5_000);
    await clock.advance(2_000);
    expect(allowance.waitMs(500)).toBe(3_000);
    allowance.hear({ left: 0, limit: 30_000, resetMs: 60_000 });
    await clock.advance(1_000);
    expect(allowance.waitMs(1_000)).toBe(1_000);
    expect(allowance.waitMs(30_000)).toBe(59_000);
  });

  it('keep off no prompt that would never fit: the provider says what is wrong', () => {
    expect(stand(0, 30_000, 60_000).allowance.waitMs(30_001)).toBe(0);
  });
});
