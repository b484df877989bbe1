import { describe, expect, test } from 'vitest';
import { Figures, performanceOf, type Sample } from '#metrics';
import { sample } from './sample-maker.ts';

const performance = (samples: readonly Partial<Sample>[], floor = 1) => {
  const figures = new Figures();
  for (const given of samples) figures.add(sample(given));
  return performanceOf(figures, floor);
};

describe('the figures of an endpoint', () => {
  test('without traffic are null, all of them', () => {
    for (const value of Object.values(performance([]))) expect(value).toBeNull();
  });

  test('hold a failure against it, and neither a caller’s fault nor a cancelled stream', () => {
    const { requests, failures, uptime } = performance([
      {},
      { outcome: 'FAILED', timeToFirstTokenMs: null },
      { outcome: 'SPARED', timeToFirstTokenMs: null },
      { outcome: 'SPARED' },
    ]);
    expect({ requests, failures, uptime }).toEqual({ requests: 4, failures: 1, uptime: 0.5 });
  });

  test('have no uptime when nothing that happened says anything about it', () => {
    expect(performance([{ outcome: 'SPARED' }]).uptime).toBeNull();
  });

  test('count a cancelled stream for the time to its first token alone', () => {
    const { timeToFirstTokenMs, latencyMs, tokensPerSecond } = performance([{ outcome: 'SPARED' }]);
    expect(timeToFirstTokenMs?.p50).toBeCloseTo(100, -1);
    expect(latencyMs).toBeNull();
    expect(tokensPerSecond).toBeNull();
  });

  test('measure speed after the first token: 100 tokens in the second that follows it', () => {
    expect(performance([{}]).tokensPerSecond?.p50).toBeGreaterThan(99);
    expect(performance([{}]).tokensPerSecond?.p50).toBeLessThan(101);
  });

  test('count an answer in one piece for its length alone', () => {
    const whole = { streamed: false, timeToFirstTokenMs: null };
    const { requests, uptime, latencyMs, ...speed } = performance([
      whole,
      { ...whole, outcome: 'FAILED' },
    ]);
    expect({ requests, uptime }).toEqual({ requests: 2, uptime: 0.5 });
    expect(latencyMs?.p50).toBeCloseTo(1_100, -2);
    expect(speed).toMatchObject({ timeToFirstTokenMs: null, tokensPerSecond: null });
    const beside = performance([{}, { ...whole, outcome: 'FAILED', durationMs: 30_000 }]);
    expect(beside.timeToFirstTokenMs?.p99).toBeCloseTo(100, -1);
  });

  test('take no throughput of a stream that was held back and came at once', () => {
    const { timeToFirstTokenMs, tokensPerSecond } = performance([{ durationMs: 100.04 }]);
    expect(timeToFirstTokenMs?.p50).toBeCloseTo(100, -1);
    expect(tokensPerSecond).toBeNull();
    expect(performance([{ durationMs: 110 }]).tokensPerSecond?.p50).toBeGreaterThan(9_900);
  });

  test('name what callers really paid, per million tokens and without the fee', () => {
    const { effectivePricePerMillion } = performance([{ promptTokens: 99 }, { promptTokens: 99 }]);
    expect(effectivePricePerMillion).toBe(5_000_000n);
  });

  test('hide volumes below the floor of organizations, and show how it performs', () => {
    const alone = performance([{}, {}], 2);
    expect(alone).toMatchObject({ requests: null, promptTokens: null, uptime: 1 });
    expect(alone.effectivePricePerMillion).toBeNull();
    expect(performance([{}, { organizationId: 'org_b' }], 2).requests).toBe(2);
  });

  test('survive their way through JSON and merge to the same in any order', () => {
    const [left, right] = [new Figures(), new Figures()];
    left.add(sample());
    right.add(sample({ outcome: 'FAILED', timeToFirstTokenMs: null, organizationId: 'org_b' }));
    right.add(sample({ priced: false, timeToFirstTokenMs: 5 }));
    const travelled = Figures.from(JSON.parse(JSON.stringify(right)));
    const there = performanceOf(Figures.sum([left, travelled]), 1);
    expect(there).toEqual(performanceOf(Figures.sum([right, left]), 1));
    expect(there.requests).toBe(3);
    const ranked = ({ rankedSpeed, rankedCost }: Figures) => [
      rankedCost,
      rankedSpeed.timeToFirstTokenMs.percentiles(),
    ];
    expect(ranked(travelled)).toEqual(ranked(right));
    expect(ranked(travelled)[0]).toBe(1_000n);
  });
});
