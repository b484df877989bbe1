import { expect, it } from 'vitest';
import type { CompletionInput } from '#completions';
import { Fault } from '#kernel';
import { fault } from '../routing/stand.ts';
import { failsWith, ordinary, says, someone, stand, waitsAfter } from './stand.ts';

const start = async (room: ReturnType<typeof stand>, input: Partial<CompletionInput>) => {
  const how = { streamed: true };
  const started = await room.completions.start(someone, { ...ordinary, ...input }, how);
  return { id: started.id, ended: await started.wait() };
};

const key = { idempotencyKey: 'once' };

it('the same key joins the same completion, while it runs and after it ended', async () => {
  const room = stand({});
  const [one, other] = await Promise.all([start(room, key), start(room, key)]);
  const later = await start(room, key);
  expect(new Set([one.id, other.id, later.id]).size).toBe(1);
  expect(room.calls.length).toBe(1);
  expect(room.purse.records.length).toBe(1);
});

it('an absent field and null are the same input, and so is another order of keys', async () => {
  const room = stand({});
  const one = await start(room, { ...key, metadata: { a: '1', b: '2' } });
  const other = await start(room, { metadata: { b: '2', a: '1' }, seed: null, ...key });
  expect(other.id).toBe(one.id);
});

it('a default that is spelt out is the same input', async () => {
  const room = stand({});
  const one = await start(room, key);
  const provider = { allowFallbacks: true, onStreamFailure: 'FAIL' } as const;
  expect((await start(room, { ...key, provider, stop: [], tools: [] })).id).toBe(one.id);
});

it('another input under the same key is a conflict that starts nothing', async () => {
  const room = stand({});
  await start(room, key);
  const { ended } = await start(room, { ...key, temperature: 1 });
  expect(ended).toMatchObject({ status: 'FAILED', error: { code: 'CONFLICT' }, attempts: [] });
  expect(room.calls.length).toBe(1);
});

it('a refusal does not use the key up', async () => {
  const room = stand({});
  const refused = await start(room, { ...key, model: 'acme/nothing' });
  expect(refused.ended.error).toMatchObject({ code: 'MODEL_NOT_FOUND' });
  expect((await start(room, key)).ended.status).toBe('SUCCEEDED');
});

it('a key belongs to who gave it', async () => {
  const room = stand({});
  const one = await start(room, key);
  const payer = { ...room.rooms.identity.payer(someone, null), userId: 'usr_other' };
  room.rooms.identity.payer = () => payer;
  expect((await start(room, key)).id).not.toBe(one.id);
});

it('STREAM 11: a run that was tried uses its key up, also when it failed', async () => {
  const room = stand({});
  room.play(failsWith(fault('STATUS', { httpStatus: 500 })));
  const one = await start(room, key);
  expect(one.ended).toMatchObject({ status: 'FAILED', attempts: [{ outcome: 'FAILED' }] });
  room.play(says('Now it would'));
  expect((await start(room, key)).id).toBe(one.id);
  expect(room.calls.length).toBe(1);
});

it('what our own shutdown ended leaves the key to the next try', async () => {
  const room = stand({});
  room.play(waitsAfter('Half'));
  const how = { streamed: true, detached: true };
  const cut = await room.completions.start(someone, { ...ordinary, ...key }, how);
  for await (const batch of cut.events(0)) if (batch.some((event) => 'text' in event)) break;
  const drained = room.completions.drain(0);
  await room.clock.advance(0);
  await drained;
  expect(cut.completion().error?.code).toBe('UNAVAILABLE');
  expect(room.purse.records).toMatchObject([{ charged: 0n, claim: null }]);
  room.play(says('Whole'));
  expect((await start(room, key)).ended).toMatchObject({ content: { text: 'Whole' } });
});

it('a run whose record could not be made durable leaves its key to the next try', async () => {
  const room = stand({});
  room.purse.broken = new Fault('UNAVAILABLE', { public: 'The journal is full.' });
  const lost = await start(room, key);
  expect(lost.ended).toMatchObject({ status: 'FAILED', error: { code: 'UNAVAILABLE' } });
  room.purse.broken = null;
  const again = await start(room, key);
  expect(again.id).not.toBe(lost.id);
  expect(again.ended.status).toBe('SUCCEEDED');
});

it('STREAM 13: when the answer is forgotten its key still names the completion', async () => {
  const room = stand({});
  const one = await start(room, key);
  await room.clock.advance(600_000);
  expect(await room.completions.join(someone, one.id)).toBeNull();
  const again = await start(room, key);
  expect(again.id).toBe(one.id);
  expect(again.ended).toMatchObject({ status: 'SUCCEEDED', content: null });
  const late = await room.completions.start(someone, { ...ordinary, ...key }, { streamed: true });
  const events = [];
  for await (const batch of late.events(0)) events.push(...batch);
  expect(events).toMatchObject([
    { type: 'CompletionFailed', sequence: 1, error: { code: 'RESUME_EXPIRED' } },
  ]);
  expect(room.calls.length).toBe(1);
});

it('STREAM 12: an operation id is known as long as the events, and to no database', async () => {
  const room = stand({});
  const operation = { streamed: true, operationId: crypto.randomUUID() };
  const run = async () => {
    const started = await room.completions.start(someone, ordinary, operation);
    await started.wait();
    return started.id;
  };
  const first = await run();
  expect(await run()).toBe(first);
  expect(room.purse.claims.size).toBe(0);
  await room.clock.advance(600_000);
  expect(await room.completions.join(someone, first)).toBeNull();
  expect(await run()).not.toBe(first);
});

it('STREAM 10: a key whose claim cannot be read starts nothing', async () => {
  const room = stand({});
  room.purse.unclaimable = new Fault('UNAVAILABLE', { public: 'The database does not answer.' });
  expect((await start(room, key)).ended.error?.code).toBe('UNAVAILABLE');
  expect(room.calls.length).toBe(0);
  room.purse.unclaimable = null;
  expect((await start(room, key)).ended.status).toBe('SUCCEEDED');
});

it('STREAM 11: who has seen some of a completion is told all of the next one', async () => {
  const room = stand({});
  const eventsAfter = async (after: number, input: Partial<CompletionInput>) => {
    const given = { ...ordinary, ...input };
    const started = await room.completions.start(someone, given, { streamed: true });
    const events: string[] = [];
    for await (const batch of started.events(after)) {
      for (const { type, sequence } of batch) events.push(`${sequence} ${type}`);
    }
    return events;
  };
  const refused = await eventsAfter(7, { ...key, model: 'acme/nothing' });
  expect(refused).toEqual(['1 CompletionFailed']);
  const whole = await eventsAfter(7, key);
  expect(whole[0]).toBe('1 CompletionStarted');
  expect(whole.at(-1)).toMatch('CompletionFinished');
  expect(await eventsAfter(1, key)).toEqual(whole.slice(1));
});
