import { expect, it } from 'vitest';
import type { Principal } from '#identity';
import { countTokens } from '#upstream';
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

it('STREAM 6: what had come when it is cancelled is told and charged', async () => {
  const bench = stand({});
  const waits = Promise.withResolvers<void>();
  bench.play(async function* (_call, signal) {
    yield [{ type: 'text', text: 'Half ' }];
    const aborted = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => aborted.resolve());
    waits.resolve();
    await aborted.promise;
    yield [{ type: 'text', text: 'a word' }];
  });
  const input = { model: 'acme/one', messages: [{ role: 'USER' as const, content: 'Hi' }] };
  const how = { streamed: true, detached: true };
  const started = await bench.completions.start(someone, input, how);
  const texts: string[] = [];
  for await (const batch of started.events(0)) {
    for (const event of batch) if (event.type === 'TextDelta') texts.push(event.text);
    if (texts.length !== 1) continue;
    await waits.promise;
    void bench.completions.cancel(someone, started.id);
  }
  expect(texts).toEqual(['Half ', 'a word']);
  expect(started.completion()).toMatchObject({ status: 'CANCELLED' });
  const tokens = 1 + (await countTokens('Half a word'));
  expect(bench.purse.records).toMatchObject([{ charged: BigInt(tokens) * 10n ** 12n }]);
});
