import { expect, it } from 'vitest';
import type { CompletionInput } from '#completions';
import { ordinary, someone, stand } from './stand.ts';

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

it('when the answer is forgotten its key is free again', async () => {
  const room = stand({});
  const one = await start(room, key);
  await room.clock.advance(600_000);
  expect(room.completions.join(someone, one.id)).toBeNull();
  expect((await start(room, key)).id).not.toBe(one.id);
});
