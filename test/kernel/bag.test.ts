import { array, assert, integer, property } from 'fast-check';
import { expect, it } from 'vitest';
import { Bag, type Bagged } from '../../src/kernel/bag.ts';

const item = (): Bagged => ({ place: 0 });

it('holds what was put in until it is taken out, once', () => {
  const bag = new Bag<Bagged>();
  const [one, two] = [item(), item()];
  bag.add(one);
  expect([bag.has(one), bag.has(two), bag.size]).toEqual([true, false, 1]);
  expect([bag.delete(two), bag.delete(one), bag.delete(one)]).toEqual([false, true, false]);
  expect([...bag]).toEqual([]);
});

it('holds what a Set holds, whatever comes and goes', () => {
  const moves = array(integer({ min: 0, max: 9 }), { maxLength: 60 });
  assert(
    property(moves, (touched) => {
      const items = Array.from({ length: 10 }, item);
      const [bag, set] = [new Bag<Bagged>(), new Set<Bagged>()];
      for (const index of touched) {
        const one = items[index] as Bagged;
        if (set.delete(one)) expect(bag.delete(one)).toBe(true);
        else {
          set.add(one);
          bag.add(one);
        }
      }
      expect(new Set(bag)).toEqual(set);
      expect(items.map((one) => bag.has(one))).toEqual(items.map((one) => set.has(one)));
      expect(bag.size).toBe(set.size);
    }),
  );
});
