import { expect, it } from 'vitest';
import { UpstreamFault } from '#upstream';
import { dollarAToken, says, stand } from './stand.ts';

const offers = ['wordless', 'eloquent'].map((provider) => ({
  provider,
  pricing: dollarAToken,
  of: { baseUrl: `http://${provider}` },
}));

it('what a protocol has no words for is asked in another, and held against nobody', async () => {
  const { run, play, calls } = stand({ offers });
  play(async function* (call, signal) {
    const wordless = call.target.baseUrl === 'http://wordless';
    if (wordless) throw new UpstreamFault({ failure: 'UNSAID', providerMessage: 'sound' });
    yield* says('Hello')(call, signal);
  });
  const asked = { provider: { order: ['wordless', 'eloquent'] } };
  for (let time = 1; time <= 6; time++) {
    const { completion } = await run(asked);
    expect(completion).toMatchObject({
      status: 'SUCCEEDED',
      attempts: [{ outcome: 'REJECTED' }, { outcome: 'SUCCEEDED' }],
    });
    expect(calls).toHaveLength(2 * time);
  }
});
