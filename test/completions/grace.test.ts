import { expect, it } from 'vitest';
import { ConnectionLost, type StartOptions } from '#completions';
import { ordinary, someone, stand, waitsAfter } from './stand.ts';

/** A run whose only viewer has read its first words. */
async function watched(input: object, how: Partial<StartOptions> = {}) {
  const room = stand({});
  room.play(waitsAfter('Half '));
  const start = () =>
    room.completions.start(someone, { ...ordinary, ...input }, { streamed: true, ...how });
  const started = await start();
  const leaving = new AbortController();
  const events = started.events(0, leaving.signal)[Symbol.asyncIterator]();
  while (!(await events.next()).value?.some((event: object) => 'text' in event)) {
    // Until there is text.
  }
  const lose = () => leaving.abort(new ConnectionLost('the cable'));
  return { room, start, started, lose, status: () => started.completion().status };
}

const keyed = { idempotencyKey: 'once' };

it('STREAM 8: who lost its connection finds a keyed run for the length of its grace', async () => {
  const { room, lose, status } = await watched(keyed);
  lose();
  await room.clock.advance(14_999);
  expect(status()).toBe('RUNNING');
  await room.clock.advance(1);
  expect(status()).toBe('CANCELLED');
});

it('coming back in time ends the grace, until the next time', async () => {
  const { room, start, started, lose, status } = await watched(keyed, { graceMs: 1_000 });
  lose();
  await room.clock.advance(500);
  const back = await start();
  expect(back.id).toBe(started.id);
  const again = new AbortController();
  const events = back.events(1, again.signal)[Symbol.asyncIterator]();
  await events.next();
  await room.clock.advance(10_000);
  expect(status()).toBe('RUNNING');
  again.abort(new ConnectionLost('the cable'));
  await room.clock.advance(1_000);
  expect(status()).toBe('CANCELLED');
});

it('the id of an operation is a key for this too', async () => {
  const { room, lose, status } = await watched({}, { operationId: crypto.randomUUID() });
  lose();
  await room.clock.advance(14_999);
  expect(status()).toBe('RUNNING');
});

it('without a key it is cancelled at once', async () => {
  const { lose, status } = await watched({});
  lose();
  expect(status()).toBe('CANCELLED');
});
