import { expect, it } from 'vitest';
import type { Principal } from '#identity';
import { someone, stand, waitsAfter } from './stand.ts';

const colleague: Principal = { kind: 'user', userId: 'usr_colleague', platformAdmin: false };

/** A run that says a word and then nothing, and a colleague with these permissions. */
async function running(...permissions: readonly string[]) {
  const bench = stand({
    permissions: (principal) => (principal === colleague ? permissions : null),
  });
  bench.play(waitsAfter('word'));
  const input = { model: 'acme/one', messages: [{ role: 'USER' as const, content: 'Hi' }] };
  const how = { streamed: true, detached: true };
  const started = await bench.completions.start(someone, input, how);
  for await (const batch of started.events(0)) {
    if (batch.some(({ type }) => type === 'TextDelta')) break;
  }
  return { bench, id: started.id };
}

it('a colleague who may run completions cancels one, and is told what it came to', async () => {
  const { bench, id } = await running('COMPLETIONS_READ', 'COMPLETIONS_RUN');
  const completion = await bench.completions.cancel(colleague, id);
  expect(completion).toMatchObject({ status: 'CANCELLED', finishReason: 'CANCELLED' });
  expect(completion?.usage.charged).toBe(bench.purse.records[0]?.charged);
});

it('a colleague who may only read is refused, and it runs on', async () => {
  const { bench, id } = await running('COMPLETIONS_READ');
  await expect(bench.completions.cancel(colleague, id)).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
  expect((await bench.completions.find(colleague, id))?.status).toBe('RUNNING');
  await bench.completions.cancel(someone, id);
});

it('a completion does not end before it began, when the clock is set back meanwhile', async () => {
  const { bench, id } = await running('COMPLETIONS_RUN');
  const { now } = bench.clock;
  bench.clock.now = () => now() - 3_600_000;
  const completion = await bench.completions.cancel(someone, id);
  expect(completion?.finishedAt).toEqual(completion?.createdAt);
  const [record] = bench.purse.records;
  expect(record?.finishedAt).toBe(record?.createdAt);
});
