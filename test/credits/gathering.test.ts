import { expect, it } from 'vitest';
import { Gathering } from '../../src/credits/journal/gathering.ts';
import type { Batch, Ended } from '../../src/credits/journal/journal.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

const ended: Ended = { session: 1, leases: [], charge: 1n, record: '{}' };

function gathering() {
  const clock = virtualClock();
  const writes: { batch: Batch; done: PromiseWithResolvers<void> }[] = [];
  const gathered = new Gathering(clock, (batch) => {
    const done = Promise.withResolvers<void>();
    writes.push({ batch, done });
    return done.promise;
  });
  const sizes = () => writes.map(({ batch }) => batch.ended.length);
  return { clock, gathered, writes, sizes };
}

it('those that end one after the other wait for nobody', async () => {
  const { gathered, writes, sizes } = gathering();
  for (let number = 0; number < 3; number++) {
    const durable = gathered.add(ended);
    await Promise.resolve();
    writes[number]?.done.resolve();
    await durable;
  }
  expect(sizes()).toEqual([1, 1, 1]);
});

it('§6 those that end while one is written share the next write', async () => {
  const { clock, gathered, writes, sizes } = gathering();
  const first = gathered.add(ended);
  await Promise.resolve();
  const others = Promise.all([gathered.add(ended), gathered.add(ended)]);
  expect(sizes()).toEqual([1]);
  await clock.advance(3);
  expect(sizes()).toEqual([1, 2]);
  for (const { done } of writes) done.resolve();
  await Promise.all([first, others]);
});

it('each is told what became of its own write', async () => {
  const { clock, gathered, writes } = gathering();
  const first = gathered.add(ended);
  await Promise.resolve();
  const second = gathered.add(ended);
  await clock.advance(3);
  writes[1]?.done.reject(new Error('the disk is full'));
  writes[0]?.done.resolve();
  await first;
  await expect(second).rejects.toThrow('the disk is full');
});
