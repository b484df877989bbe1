import { describe, expect, test } from 'vitest';
import { Secret } from '#kernel';
import { fault } from '../routing/stand.ts';
import { failsWith, ordinary, type Play, says, someone, stand } from './stand.ts';

const inTurn = (...plays: readonly Play[]): Play => {
  const left = [...plays];
  return (call, signal) => (left.shift() as Play)(call, signal);
};

describe('what the metrics are told', () => {
  test('an answer, with what was used and paid', async () => {
    const { run, play, samples } = stand({});
    play(says('Good ', 'morning'));
    const { completion } = await run();
    expect(samples).toMatchObject([
      {
        endpointId: completion.endpointId,
        outcome: 'ANSWERED',
        promptTokens: completion.usage.promptTokens,
        completionTokens: completion.usage.completionTokens,
        charged: completion.usage.charged,
        ranked: true,
        priced: true,
      },
    ]);
    expect(samples[0]?.timeToFirstTokenMs).not.toBeNull();
  });

  test('each attempt once: tokens and money belong to the one that answered', async () => {
    const offers = [{ provider: 'one' }, { provider: 'two' }];
    const { run, play, samples } = stand({ offers });
    play(inTurn(failsWith(fault('OVERLOADED')), says('Hello')));
    await run();
    expect(samples).toMatchObject([
      { outcome: 'FAILED', timeToFirstTokenMs: null, charged: 0n, ranked: false, priced: true },
      { outcome: 'ANSWERED' },
    ]);
    expect(samples[1]?.completionTokens).toBeGreaterThan(0);
  });

  test.each(['OVERLOADED', 'CONTENT_POLICY'] as const)(
    'no tokens of what failed without an answer (%s): nobody paid for them',
    async (failure) => {
      const { run, play, samples } = stand({ offers: [{ provider: 'one' }] });
      play(failsWith(fault(failure)));
      await run();
      expect(samples).toMatchObject([{ promptTokens: 0, completionTokens: 0, cost: 0n }]);
    },
  );

  test('that an answer came in one piece: nothing tells when its tokens did', async () => {
    const { completions, play, samples } = stand({});
    play(says('Good ', 'morning'));
    // A longer one is streamed from its provider all the same.
    for (const maxTokens of [1_024, 1_025]) {
      const asked = { ...ordinary, maxTokens };
      const started = await completions.start(someone, asked, { streamed: false, coalesceMs: 0 });
      for await (const _ of started.events(0));
    }
    expect(samples).toMatchObject([
      { outcome: 'ANSWERED', streamed: false, timeToFirstTokenMs: null },
      { outcome: 'ANSWERED', streamed: true, timeToFirstTokenMs: 0 },
    ]);
  });

  test.each(['CREDENTIAL', 'UNKNOWN_MODEL'] as const)(
    'that the provider refuses the platform (%s): it answers nobody',
    async (failure) => {
      const { run, play, samples } = stand({});
      play(failsWith(fault(failure)));
      await run();
      expect(samples).toMatchObject([{ outcome: 'FAILED' }]);
    },
  );

  test('nothing of a provider that refuses an organization’s own key', async () => {
    const key = { id: 'pvk_k', secret: new Secret('secret'), fallbackToPlatform: false };
    const { run, play, samples } = stand({
      offers: [{ provider: 'one' }],
      ownKeys: { one: [key] },
    });
    play(failsWith(fault('CREDENTIAL')));
    await run();
    expect(samples).toMatchObject([{ outcome: 'SPARED' }]);
  });

  test('nothing of a request that was refused', async () => {
    const { run, samples } = stand({});
    await run({ model: 'acme/nothing' });
    expect(samples).toEqual([]);
  });
});
