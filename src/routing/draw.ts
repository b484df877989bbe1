import type { Price, Random } from '#kernel';

/** Which of those that are left comes next: an index into their weights. */
export type Pick = (weights: readonly number[]) => number;

/** In proportion to the weights. */
export function byChance(random: Random): Pick {
  return (weights) => {
    if (weights.length === 1) return 0;
    let rest = random.next() * sum(weights);
    const found = weights.findIndex((weight) => {
      rest -= weight;
      return rest < 0;
    });
    // The last sum may fall short of the total by a rounding.
    return found < 0 ? weights.length - 1 : found;
  };
}

/** The heaviest; of equals the first. What a dry run shows. */
export const heaviest: Pick = (weights) => weights.indexOf(Math.max(...weights));

/** All items, each drawn from those that are left. */
export function drawAll<T>(items: readonly T[], weights: readonly number[], pick: Pick): T[] {
  const [left, leftWeights] = [[...items], [...weights]];
  const drawn: T[] = [];
  while (left.length > 0) {
    const index = pick(leftWeights);
    drawn.push(...left.splice(index, 1));
    leftWeights.splice(index, 1);
  }
  return drawn;
}

/**
 * Each one's chance of being drawn first: 1/price², of sum 1, which is how OpenRouter documents its
 * load balancing ($1 against $3 is 9 to 1). No price counts as less than a tenth of the median: a
 * price of 0 would divide by zero, and one that is all but 0 would take all traffic, so that
 * nothing were known of the others when it fails.
 */
export function shares(prices: readonly Price[]): number[] {
  const sorted = prices.toSorted((left, right) => (left < right ? -1 : Number(left > right)));
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0n;
  const floor = median >= 10n ? median / 10n : 1n;
  const floored = prices.map((price) => Number(price > floor ? price : floor));
  const cheapest = Math.min(...floored);
  const weights = floored.map((price) => (cheapest / price) ** 2);
  const total = sum(weights);
  return weights.map((weight) => weight / total);
}

const sum = (numbers: readonly number[]) => numbers.reduce((left, right) => left + right, 0);
