import { expect, it } from 'vitest';
import { Answering } from '../../src/http/answering.ts';

it('is gone when every answer that is being given has gone out', async () => {
  const answering = new Answering();
  const [one, other] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  for (const { promise } of [one, other]) answering.add(promise);
  expect(answering.lastCall.aborted).toBe(false);
  let gone = false;
  const going = answering.gone().then(() => {
    gone = true;
  });
  expect(answering.lastCall.aborted).toBe(true);
  one.resolve();
  await one.promise;
  expect(gone).toBe(false);
  other.resolve();
  await going;
  expect(gone).toBe(true);
});

it('is gone at once when none is being given, and not before it is asked', async () => {
  const answering = new Answering();
  answering.add(Promise.resolve());
  await Promise.resolve();
  expect(answering.lastCall.aborted).toBe(false);
  await answering.gone();
});
