import { expect, it } from 'vitest';
import { flowOf } from '#kernel';
import { type Laned, merged } from '../../schema/completions/lanes.ts';

/** A stream that a test feeds. */
function fed() {
  const given: number[] = [];
  let wake = Promise.withResolvers<void>();
  let [over, asked] = [false, 0];
  const tell = () => {
    wake.resolve();
    wake = Promise.withResolvers();
  };
  async function* values() {
    while (true) {
      asked++;
      while (given.length === 0 && !over) await wake.promise;
      const value = given.shift();
      if (value === undefined) return;
      yield value;
    }
  }
  return {
    flow: Promise.resolve(flowOf(values())),
    give: (...more: number[]) => {
      given.push(...more);
      tell();
    },
    end() {
      over = true;
      tell();
    },
    get asked() {
      return asked;
    },
  };
}

const hundred = Array.from({ length: 100 }, (_, n) => n);

it('a lane that stalls holds nobody up, and all end it', async () => {
  const [fast, stalled] = [fed(), fed()];
  const lanes = merged([stalled.flow, fast.flow])[Symbol.asyncIterator]();
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
  const lanes = merged([one.flow, other.flow])[Symbol.asyncIterator]();
  one.give(...hundred);
  other.give(...hundred);
  await lanes.next();
  expect([one.asked, other.asked]).toEqual([1, 1]);
  await lanes.next();
  expect([one.asked, other.asked]).toEqual([2, 1]);
});

it('is handed one value at a time, each lane its own in order', async () => {
  const both = [fed(), fed()];
  const taken: Laned<number>[] = [];
  let taking = 0;
  const over = merged(both.map(({ flow }) => flow)).each(async (value) => {
    expect(++taking).toBe(1);
    await Promise.resolve();
    taken.push(value);
    taking--;
  });
  for (const lane of both) {
    lane.give(...hundred);
    lane.end();
  }
  await over;
  for (const lane of [0, 1]) {
    expect(taken.filter((each) => each.lane === lane).map(({ value }) => value)).toEqual(hundred);
  }
});

it('a lane that fails ends all, also while nothing is taken', async () => {
  const failing = Promise.withResolvers<never>();
  const other = fed();
  const over = merged([failing.promise, other.flow]).each(() => new Promise(() => undefined));
  other.give(1);
  failing.reject(new RangeError('broken'));
  await expect(over).rejects.toThrow('broken');
});
