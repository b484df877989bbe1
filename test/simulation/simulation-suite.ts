import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import { simulate } from './simulate.ts';

/** So many worlds in all, shared between the files that run them side by side. */
const seeds = 10_000;
const shares = 2;

/** One share of the worlds; which one is told by its number. */
export function simulationSuite(share: number): void {
  describe(`worlds ${share + 1} of every ${shares}`, () => {
    test(
      `each invariant holds after each step of ${seeds / shares} worlds`,
      async () => {
        let acknowledged = 0;
        const first = (seeds / shares) * share;
        for (let seed = first; seed < first + seeds / shares; seed++) {
          const outcome = await simulate(seed);
          acknowledged += outcome.acknowledged;
          if (outcome.violation) expect.fail(replayOf(seed, outcome));
        }
        expect(acknowledged).toBeGreaterThan(seeds / shares);
      },
      timeLimitMs,
    );
  });
}

/** What it takes on a machine of two, ten times over for one that is busy. */
const timeLimitMs = availableParallelism() > 1 ? 900_000 : 1_800_000;

function replayOf(seed: number, outcome: { story: readonly string[] }): string {
  const command = `node test/simulation/replay.ts ${seed}`;
  return `seed ${seed}; again with: ${command}\n${outcome.story.join('\n')}`;
}
