import { describe, expect, it } from 'vitest';
import type { UpstreamEvent } from '#upstream';
import { countTokens } from '../../src/upstream/index.ts';
import { sends, stand, text, used } from './stand.ts';

const stop: UpstreamEvent = { type: 'finish', reason: { unified: 'STOP', raw: 'stop' } };
const answer = 'The answer to that is a matter of taste, and of time.';
const thoughts = 'Taste comes before time. '.repeat(150);

async function usageOf(...events: UpstreamEvent[]) {
  const room = stand({});
  room.play(sends([text(answer), ...events, stop]));
  return (await room.run()).completion.usage;
}

describe("the provider's own figures", () => {
  it('count, with their parts', async () => {
    const parts = { cacheRead: 3, cacheWrite: 2, reasoning: 40 };
    expect(await usageOf(used(9, 50, parts))).toMatchObject({
      promptTokens: 9,
      completionTokens: 50,
      cachedTokens: 3,
      cacheWriteTokens: 2,
      reasoningTokens: 40,
      estimated: false,
    });
  });

  it('are believed about reasoning that was never shown', async () => {
    expect(await usageOf(used(9, 5_012, { reasoning: 5_000 }))).toMatchObject({
      completionTokens: 5_012,
      estimated: false,
    });
  });

  it('are believed about reasoning that came and was not to be shown', async () => {
    expect(await usageOf({ type: 'hiddenReasoning', text: thoughts }, used(9, 800))).toMatchObject({
      completionTokens: 800,
      estimated: false,
    });
  });

  it('are not believed when they are more than tokens are ever counted, together', async () => {
    const half = 2 ** 30;
    expect(await usageOf(used(half, half, { reasoning: half }))).toMatchObject({
      promptTokens: await countTokens('Hi'),
      completionTokens: await countTokens(answer),
      estimated: true,
    });
  });

  it('§21 are not believed about more reasoning than the cap that was sent', async () => {
    const room = stand({});
    room.play(sends([text(answer), used(9, 5_012, { reasoning: 5_000 }), stop]));
    const { usage } = (await room.run({ maxTokens: 4_999 })).completion;
    const completionTokens = await countTokens(answer);
    expect(usage).toMatchObject({ promptTokens: 9, completionTokens, estimated: true });
  });

  it('§21 are not believed about a prompt of more tokens than bytes', async () => {
    expect(await usageOf(used(2_000, 12, { cacheRead: 1_500 }))).toMatchObject({
      promptTokens: await countTokens('Hi'),
      completionTokens: await countTokens(answer),
      cachedTokens: 0,
      estimated: true,
    });
  });

  it('§21 are believed about what a service puts before a prompt', async () => {
    expect(await usageOf(used(700, 12))).toMatchObject({ promptTokens: 700, estimated: false });
  });

  it('§21 are not believed for an hour once they told what cannot be', async () => {
    const room = stand({});
    const answered = async (prompt: number) => {
      room.play(sends([text(answer), used(prompt, 4_012, { reasoning: 4_000 }), stop]));
      return (await room.run()).completion.usage;
    };
    expect(await answered(9)).toMatchObject({ completionTokens: 4_012, estimated: false });
    await answered(1_000_000);
    const counted = { completionTokens: await countTokens(answer), estimated: true };
    expect(await answered(9)).toMatchObject({ promptTokens: 9, ...counted });
    expect(room.log.lines).toMatchObject([
      { level: 'warn', fields: { reason: '1000000 + 4012 reported, 1 + 14 counted' } },
    ]);
    await room.clock.advance(3_599_000);
    expect(await answered(9)).toMatchObject(counted);
    await room.clock.advance(1_000);
    expect(await answered(9)).toMatchObject({ completionTokens: 4_012, estimated: false });
  });

  it('§21 are not believed about a visible answer that was never delivered', async () => {
    expect(await usageOf(used(9, 5_012))).toMatchObject({
      promptTokens: 9,
      completionTokens: await countTokens(answer),
      estimated: true,
    });
  });
});

it('a long answer that is paid for is counted to its end, not taken by its bytes', async () => {
  const long = 'Taste. '.repeat(20_000);
  const room = stand({ offers: [{ provider: 'one', contextLength: 100_000 }] });
  room.play(sends([text(long), stop]));
  const { usage } = (await room.run({ maxTokens: 50_000 })).completion;
  expect(usage).toMatchObject({ completionTokens: await countTokens(long), estimated: true });
});

it('without figures it is counted, and said to be', async () => {
  expect(await usageOf()).toMatchObject({
    promptTokens: await countTokens('Hi'),
    completionTokens: await countTokens(answer),
    estimated: true,
  });
});

it('without figures the definitions of tools are counted with the prompt', async () => {
  const tool = { name: 'weather', description: 'Tells of it. '.repeat(100), parameters: {} };
  const room = stand({ offers: [{ provider: 'one', parameters: ['tools'] }] });
  room.play(sends([text(answer), stop]));
  const { usage } = (await room.run({ tools: [tool] })).completion;
  expect(usage?.promptTokens).toBeGreaterThan(await countTokens(tool.description));
});

it('reasoning that was not to be shown is counted with the answer', async () => {
  expect(await usageOf({ type: 'hiddenReasoning', text: thoughts })).toMatchObject({
    completionTokens: await countTokens(thoughts + answer),
    estimated: true,
  });
});

it('what is sandboxed counts words, as its own tokens are', async () => {
  const room = stand({ offers: [{ provider: 'one', of: { sandbox: true } }] });
  room.play(sends([text(answer), stop]));
  const { usage } = (await room.run()).completion;
  expect(usage).toMatchObject({ promptTokens: 1, completionTokens: 12, estimated: true });
});
