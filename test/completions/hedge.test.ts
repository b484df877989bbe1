import { expect, it } from 'vitest';
import { dollarAnAnswerToken, someone, stand, text } from './stand.ts';

const offers = ['late', 'prompt'].map((provider) => ({
  provider,
  pricing: dollarAnAnswerToken,
  of: { baseUrl: `http://${provider}` },
}));
const input = {
  model: 'acme/one',
  messages: [{ role: 'USER' as const, content: 'Hi' }],
  provider: { order: ['late', 'prompt'], hedgeAfterMs: 200 },
};

/** Cancelled as many microtasks after the second has begun to speak; who was told of, and texts. */
async function cancelledAfter(microtasks: number): Promise<string[]> {
  const bench = stand({ offers });
  const asked = Promise.withResolvers<void>();
  bench.play(async function* ({ target }, signal) {
    asked.resolve();
    if (target.baseUrl === 'http://prompt') {
      void cancel();
      yield [text('Here')];
    }
    signal.throwIfAborted();
    await new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  });
  const how = { streamed: true, detached: true };
  const started = await bench.completions.start(someone, input, how);
  const cancel = async () => {
    for (let left = microtasks; left > 0; left--) await null;
    await bench.completions.cancel(someone, started.id);
  };
  await asked.promise;
  await bench.clock.advance(200);
  const told: string[] = [];
  for await (const batch of started.events(0)) {
    for (const event of batch) {
      if (event.type === 'CompletionStarted') told.push(event.endpoint.provider.slug);
      if (event.type === 'TextDelta') told.push(event.text);
    }
  }
  return told;
}

it('what is told of a race that is cancelled meanwhile is told as of whom it is', async () => {
  for (let microtasks = 0; microtasks < 12; microtasks++) {
    expect(await cancelledAfter(microtasks)).toEqual(['late', 'prompt', 'Here']);
  }
});
