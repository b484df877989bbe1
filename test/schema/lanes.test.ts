import { expect, it } from 'vitest';
import { merged } from '../../schema/completions/lanes.ts';

/** A stream that a test feeds. */
function fed() {
  const given: number[] = [];
  let wake = Promise.withResolvers<void>();
  let [over, returned, asked] = [false, false, 0];
  const tell = () => {
    wake.resolve();
    wake = Promise.withResolvers();
  };
  return {
    give: (...values: number[]) => {
      given.push(...values);
      tell();
    },
    end() {
      over = true;
      tell();
    },
    get returned() {
      return returned;
    },
    get asked() {
      return asked;
    },
    [Symbol.asyncIterator]: () => ({
      async next(): Promise<IteratorResult<number>> {
        asked++;
        while (given.length === 0 && !over) await wake.promise;
        const value = given.shift();
        return value === undefined ? { done: true, value } : { done: false, value };
      },
      async return(): Promise<IteratorResult<number>> {
        returned = true;
        return { done: true, value: undefined };
      },
    }),
  };
}

it('a lane that stalls holds nobody up, and all end it', async () => {
  const [fast, stalled] = [fed(), fed()];
  const lanes = merged([stalled, fast]);
  fast.give(1, 2, 3);
  for (const value of [1, 2, 3]) {
    expect((await lanes.next()).value).toEqual({ lane: 1, value });
  }
  fast.end();
  stalled.give(4);
  expect((await lanes.next()).value).toEqual({ lane: 0, value: 4 });
  stalled.end();
  expect((await lanes.next()).done).toBe(true);
});

it('a reader that does not read takes one value of each', async () => {
  const [one, other] = [fed(), fed()];
  const lanes = merged([one, other]);
  one.give(...Array.from({ length: 100 }, (_, n) => n));
  other.give(...Array.from({ length: 100 }, (_, n) => n));
  await lanes.next();
  await lanes.next();
  expect([one.asked, other.asked]).toEqual([2, 1]);
});

it('a reader that leaves lets go of every lane', async () => {
  const both = [fed(), fed()];
  const lanes = merged(both);
  both[0]?.give(1);
  await lanes.next();
  await lanes.return();
  expect(both.map(({ returned }) => returned)).toEqual([true, true]);
});

it('a lane that fails ends all', async () => {
  const failing = (async function* (): AsyncGenerator<number> {
    yield 1;
    throw new RangeError('broken');
  })();
  const other = fed();
  const lanes = merged([failing, other]);
  await lanes.next();
  await expect(lanes.next()).rejects.toThrow('broken');
  expect(other.returned).toBe(true);
});
