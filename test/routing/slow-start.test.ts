import { describe, expect, it } from 'vitest';
import { seededRandom } from '#kernel';
import { byChance, heaviest } from '../../src/routing/draw.ts';
import { positionsInOrder, sharesInOrder, warmed } from '../../src/routing/slow-start.ts';

describe('the shares of a draw', () => {
  it('go to the others in part, and add up to 1', () => {
    const shares = warmed(Float64Array.of(0.5, 0.5), [0.1, 1]);
    expect(shares[0]).toBeCloseTo(1 / 11, 12);
    expect(shares[1]).toBeCloseTo(10 / 11, 12);
  });
});

describe('a fixed order', () => {
  it.each([
    [
      [1, 1],
      [1, 0],
    ],
    [
      [0.25, 1, 1],
      [0.25, 0.75, 0],
    ],
    [
      [0.5, 0.5],
      [0.75, 0.25],
    ],
    [[0.5], [1]],
  ])('with warmths of %j is begun with chances of %j', (warmths, chances) => {
    expect([...sharesInOrder(warmths)]).toEqual(chances);
  });

  it('keeps all of them: who stands back comes after who took its place', () => {
    expect([...positionsInOrder([0.1, 1, 1], heaviest)]).toEqual([1, 0, 2]);
    expect([...positionsInOrder([0.9, 1, 1], heaviest)]).toEqual([0, 1, 2]);
    expect([...positionsInOrder([0.1, 0.1], heaviest)]).toEqual([0, 1]);
  });

  it('is begun as often as the chances say', () => {
    const draw = byChance(seededRandom('slow start'));
    const warmths = [0.3, 0.5, 1];
    const firsts = Array.from(
      { length: 3_000 },
      () => positionsInOrder(warmths, draw).next().value,
    );
    const shares = [0, 1, 2].map((at) => firsts.filter((first) => first === at).length / 3_000);
    [...sharesInOrder(warmths)].forEach((chance, at) => {
      expect(Math.abs((shares[at] ?? 0) - chance)).toBeLessThan(0.04);
    });
  });
});
