import { describe, expect, it } from 'vitest';
import type { CompletionInput } from '#completions';
import { parseMoney, Secret } from '#kernel';
import type { UpstreamCall } from '#upstream';
import { fault } from '../routing/stand.ts';
import {
  dollarAnAnswerToken,
  dollarAToken,
  type Play,
  type Stand,
  says,
  someone,
  stand,
} from './stand.ts';

const offer = (provider: string) => ({
  provider,
  pricing: dollarAToken,
  parameters: ['temperature', 'top_p', 'tools', 'tool_choice'],
  of: { baseUrl: `http://${provider}` },
});
const alone = [offer('strict')];
const two = ['strict', 'lenient'].map(offer);

const at = (provider: string, { target }: UpstreamCall) => target.baseUrl === `http://${provider}`;
const refuses = (providerMessage: string) => fault('CALLER', { httpStatus: 400, providerMessage });

/** Refuses the first of these parameters that it is sent; `elsewhere` is how the others answer. */
const strictOf = (parameters: Readonly<Record<string, keyof UpstreamCall['request']>>): Play =>
  async function* (call, signal) {
    const sent = Object.keys(parameters).find((name) => (parameters[name] ?? '') in call.request);
    if (at('strict', call) && sent) throw refuses(`${sent} is not supported with this model`);
    yield* says('Hello')(call, signal);
  };
const temperature = { temperature: 'temperature' } as const;

const failing =
  (provider: string, play: Play): Play =>
  (call, signal) => {
    if (at(provider, call)) throw fault('STATUS', { httpStatus: 500 });
    return play(call, signal);
  };

const warm = { temperature: 0.5 } as const;
const inOrder = { ...warm, provider: { order: ['strict', 'lenient'] } };
const askedOf = ({ calls }: Stand) => calls.map(({ target }) => target.baseUrl.slice(7));

it('a parameter that is refused after all is taken elsewhere, and not sent again', async () => {
  const bench = stand({ offers: two });
  bench.play(strictOf(temperature));
  const first = await bench.run(inOrder);
  expect(first.completion).toMatchObject({
    status: 'SUCCEEDED',
    attempts: [{ outcome: 'REJECTED' }, { outcome: 'SUCCEEDED' }],
    droppedParameters: [],
  });
  const second = await bench.run(inOrder);
  expect(second.completion).toMatchObject({
    status: 'SUCCEEDED',
    attempts: [{ outcome: 'SUCCEEDED' }],
    droppedParameters: ['temperature'],
  });
  expect(askedOf(bench)).toEqual(['strict', 'lenient', 'strict']);
});

describe('an endpoint that refuses a parameter and is the last one left', () => {
  it('is asked once more without it, and the first attempt costs nothing', async () => {
    const bench = stand({ offers: alone });
    bench.play(strictOf(temperature));
    const { completion, story } = await bench.run({ ...warm, maxTokens: 5 });
    expect(completion).toMatchObject({
      status: 'SUCCEEDED',
      droppedParameters: ['temperature'],
      attempts: [
        { outcome: 'REJECTED', httpStatus: 400, message: expect.stringContaining('temperature') },
        { outcome: 'SUCCEEDED' },
      ],
    });
    expect(story).toEqual([
      'CompletionStarted',
      'RouteChanged',
      'CompletionStarted',
      'Hello',
      'CompletionFinished',
    ]);
    expect(bench.calls.map(({ request }) => 'temperature' in request)).toEqual([true, false]);
    // Two prompt tokens and one of answer, out of the one hold.
    expect(completion.usage.charged).toBe(parseMoney('3'));
    expect(bench.purse.asked).toHaveLength(1);
    expect(bench.purse.held).toBe(0n);
  });

  it('is asked so without a stream, too', async () => {
    const bench = stand({ offers: alone });
    bench.play(strictOf(temperature));
    const input: CompletionInput = { model: 'acme/one', messages: hi, ...warm };
    const started = await bench.completions.start(someone, input, { streamed: false });
    const completion = await started.wait(new AbortController().signal);
    expect(completion).toMatchObject({ status: 'SUCCEEDED', droppedParameters: ['temperature'] });
  });

  it('is asked after every other one', async () => {
    const bench = stand({ offers: two });
    bench.play(failing('lenient', strictOf(temperature)));
    const { completion } = await bench.run(inOrder);
    expect(askedOf(bench)).toEqual(['strict', 'lenient', 'strict']);
    expect(completion.attempts.map(({ outcome }) => outcome)).toEqual([
      'REJECTED',
      'FAILED',
      'SUCCEEDED',
    ]);
  });

  it('is asked once for each parameter that it refuses', async () => {
    const bench = stand({ offers: alone });
    bench.play(strictOf({ temperature: 'temperature', top_p: 'topP' }));
    const { completion } = await bench.run({ ...warm, topP: 0.9 });
    expect(completion).toMatchObject({
      status: 'SUCCEEDED',
      droppedParameters: ['temperature', 'top_p'],
    });
    expect(bench.calls).toHaveLength(3);
  });

  it('is not asked again when it still refuses what is gone', async () => {
    const bench = stand({ offers: alone });
    bench.play(() => {
      throw refuses('temperature is not supported with this model');
    });
    const { completion } = await bench.run(warm);
    expect(completion).toMatchObject({ status: 'FAILED', error: { code: 'INVALID_INPUT' } });
    expect(completion.usage.charged).toBe(0n);
    expect(bench.calls).toHaveLength(2);
  });

  it('is not asked without what the caller demands, and the error says so', async () => {
    const bench = stand({ offers: alone });
    bench.play(strictOf(temperature));
    const { completion } = await bench.run({ ...warm, provider: { requireParameters: true } });
    expect(completion.status).toBe('FAILED');
    expect(completion.error?.public).toMatch(/temperature is not supported.*requireParameters/);
    expect(bench.calls).toHaveLength(1);
  });

  it('is asked without tools, and without the choice among them', async () => {
    const bench = stand({ offers: alone });
    bench.play(strictOf({ tools: 'tools' }));
    const { completion } = await bench.run({ tools, toolChoice: 'required' });
    expect(completion.droppedParameters).toEqual(['tool_choice', 'tools']);
    expect(bench.calls.map(({ request }) => 'toolChoice' in request)).toEqual([true, false]);
  });

  it('keeps its tools while others that take them are out', async () => {
    const bench = stand({ offers: two });
    bench.play(failing('lenient', strictOf({ tools: 'tools' })));
    const { completion } = await bench.run({ tools, provider: inOrder.provider });
    expect(completion.status).toBe('FAILED');
    expect(askedOf(bench)).toEqual(['strict', 'lenient']);
  });

  it('is asked with the same own key, of which nothing is learned', async () => {
    const ownKey = { id: 'pvk_one', secret: new Secret('own'), fallbackToPlatform: false };
    const bench = stand({ offers: alone, ownKeys: { strict: [ownKey] } });
    bench.play(strictOf(temperature));
    for (const _time of [1, 2]) {
      const { completion } = await bench.run(warm);
      expect(completion.attempts).toMatchObject([
        { outcome: 'REJECTED', providerKeyId: 'pvk_one' },
        { outcome: 'SUCCEEDED', providerKeyId: 'pvk_one' },
      ]);
    }
  });

  it('is asked although the caller wants no other endpoint', async () => {
    const bench = stand({ offers: two });
    bench.play(strictOf(temperature));
    const provider = { order: ['strict'], allowFallbacks: false };
    const { completion } = await bench.run({ ...warm, provider });
    expect(completion).toMatchObject({ status: 'SUCCEEDED', droppedParameters: ['temperature'] });
    expect(askedOf(bench)).toEqual(['strict', 'strict']);
  });

  it('is not asked where only a larger context would help any more', async () => {
    const [strict, large] = [offer('strict'), { ...offer('large'), contextLength: 100_000 }];
    const bench = stand({ offers: [strict, large] });
    bench.play((call, signal) => {
      if (at('large', call)) throw fault('CONTEXT_LENGTH', { httpStatus: 400 });
      return strictOf(temperature)(call, signal);
    });
    const { completion } = await bench.run({ ...warm, provider: { order: ['strict', 'large'] } });
    expect(completion.error?.code).toBe('CONTEXT_LENGTH_EXCEEDED');
    expect(askedOf(bench)).toEqual(['strict', 'large']);
  });

  it('is asked after a hedge that took over from it has failed', async () => {
    const bench = stand({ offers: two.map((one) => ({ ...one, pricing: dollarAnAnswerToken })) });
    const [refusal, failure] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    bench.play(async function* (call, signal) {
      if (at('lenient', call)) await failure.promise;
      else if ('temperature' in call.request) await refusal.promise;
      yield* failing('lenient', strictOf(temperature))(call, signal);
    });
    const running = bench.run({ ...warm, provider: { ...inOrder.provider, hedgeAfterMs: 200 } });
    await bench.clock.advance(200);
    refusal.resolve();
    await bench.clock.advance(0);
    failure.resolve();
    const { completion } = await running;
    expect(completion).toMatchObject({ status: 'SUCCEEDED', droppedParameters: ['temperature'] });
    expect(completion.attempts.map(({ outcome }) => outcome)).toEqual([
      'REJECTED',
      'FAILED',
      'SUCCEEDED',
    ]);
  });
});

const hi: CompletionInput['messages'] = [{ role: 'USER', content: 'Hi' }];
const tools = [{ name: 'get_weather', parameters: { type: 'object' } }];
