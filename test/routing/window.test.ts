import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FailureWindow } from '../../src/routing/window.ts';

const steps = fc.array(fc.record({ waitMs: fc.nat(15_000), failed: fc.boolean() }), {
  maxLength: 60,
});

it('counts what a list of all attempts would count, to the second', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const window = new FailureWindow();
      const kept: { second: number; failed: boolean }[] = [];
      let nowMs = 0;
      for (const { waitMs, failed } of list) {
        nowMs += waitMs;
        window.add(nowMs, failed);
        kept.push({ second: Math.floor(nowMs / 1_000), failed });
        const recent = kept.filter(({ second }) => second > Math.floor(nowMs / 1_000) - 30);
        expect(window.tally(nowMs)).toEqual({
          total: recent.length,
          failed: recent.filter((one) => one.failed).length,
        });
      }
    }),
  );
});
