import type { Draw } from './draw.ts';

/**
 * After an endpoint was out it gets its traffic back bit by bit, or the same crowd would bring it
 * down again. Its warmth is the part that it gets at present: less than 1 for a while.
 */

/** Of a draw: the shares of those that get less than their ordinary traffic go to the others. */
export function warmed(weights: Float64Array, warmths: readonly number[]): Float64Array {
  if (warmths.every((warmth) => warmth === 1)) return weights;
  const parts = weights.map((weight, at) => weight * (warmths[at] ?? 1));
  const total = parts.reduce((sum, part) => sum + part, 0);
  return parts.map((part) => part / total);
}

/**
 * Of a fixed order: the chance of each to be tried first, when whoever is not warm stands back for
 * the next one with the rest of its share. Where all do, the first is tried first.
 */
export function sharesInOrder(warmths: readonly number[]): Float64Array {
  const shares = new Float64Array(warmths.length);
  let left = 1;
  for (const [at, warmth] of warmths.entries()) {
    shares[at] = left * warmth;
    left *= 1 - warmth;
  }
  shares[0] = (shares[0] ?? 0) + left;
  return shares;
}

/** The positions of a fixed order; whoever stands back comes right after who took its place. */
export function* positionsInOrder(warmths: readonly number[], draw: Draw): Generator<number> {
  let back: number[] = [];
  for (const [at, warmth] of warmths.entries()) {
    if (warmth < 1 && !takesPart(warmth, draw)) {
      back.push(at);
      continue;
    }
    yield at;
    yield* back;
    back = [];
  }
  yield* back;
}

const takesPart = (warmth: number, draw: Draw) =>
  draw(Float64Array.of(warmth, 1 - warmth)).next().value === 0;
