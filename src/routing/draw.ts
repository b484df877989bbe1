import type { Random } from '#kernel';

/**
 * The positions of some weights, one after the other, as far as they are asked for: most requests
 * need the first alone.
 */
export type Draw = (weights: Float64Array) => Generator<number, void, undefined>;

/** Each in proportion to its weight among those that are left. */
export function byChance(random: Random): Draw {
  return function* (weights) {
    const left = weights.slice();
    for (let drawn = 0; drawn < left.length; drawn++) {
      const at = pick(left, random.next() * sum(left));
      yield at;
      left[at] = 0;
    }
  };
}

/** The heaviest, of equals the first. What a dry run shows. */
export const heaviest: Draw = (weights) => leastFirst(weights.map((weight) => -weight));

/** The positions of finite figures, the least first, of equals the first. */
export function* leastFirst(figures: Float64Array): Generator<number, void, undefined> {
  const left = figures.slice();
  for (let taken = 0; taken < left.length; taken++) {
    const at = positionOfLeast(left);
    yield at;
    left[at] = Infinity;
  }
}

/**
 * Each one's chance of being drawn first: 1/price², of sum 1, which is how OpenRouter documents its
 * load balancing ($1 against $3 is 9 to 1). Prices come sorted, the lowest first. No price counts
 * as less than a tenth of the median: a price of 0 would divide by zero, and one that is all but 0
 * would take all traffic, so that nothing were known of the others when it fails.
 */
export function shares(prices: readonly number[]): Float64Array {
  const median = prices[Math.floor(prices.length / 2)] ?? 0;
  const floor = Math.max(median / 10, 1);
  const cheapest = Math.max(prices[0] ?? 0, floor);
  const weights = new Float64Array(prices.length);
  let total = 0;
  for (let at = 0; at < prices.length; at++) {
    const weight = (cheapest / Math.max(prices[at] ?? 0, floor)) ** 2;
    weights[at] = weight;
    total += weight;
  }
  return weights.map((weight) => weight / total);
}

/** Where the sum of the weights passes `goal`; what was drawn before weighs nothing. */
function pick(weights: Float64Array, goal: number): number {
  let rest = goal;
  let last = 0;
  for (let at = 0; at < weights.length; at++) {
    const weight = weights[at] ?? 0;
    if (weight === 0) continue;
    last = at;
    rest -= weight;
    if (rest < 0) break;
  }
  // The last sum may fall short of the total by a rounding.
  return last;
}

function positionOfLeast(figures: Float64Array): number {
  let least = Infinity;
  let position = 0;
  for (let at = 0; at < figures.length; at++) {
    const figure = figures[at] ?? Infinity;
    if (figure >= least) continue;
    least = figure;
    position = at;
  }
  return position;
}

function sum(numbers: Float64Array): number {
  let total = 0;
  for (let at = 0; at < numbers.length; at++) total += numbers[at] ?? 0;
  return total;
}
