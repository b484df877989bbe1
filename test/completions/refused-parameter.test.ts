import { expect, it } from 'vitest';
import { UpstreamFault } from '#upstream';
import { dollarAToken, says, stand } from './stand.ts';

const offers = ['strict', 'lenient'].map((provider) => ({
  provider,
  pricing: dollarAToken,
  parameters: ['temperature'],
  of: { baseUrl: `http://${provider}` },
}));

it('a parameter that is refused after all is taken elsewhere, and not sent again', async () => {
  const { run, play, calls } = stand({ offers });
  const providerMessage = 'temperature is not supported with this model';
  play(async function* (call, signal) {
    const refused = call.target.baseUrl === 'http://strict' && 'temperature' in call.request;
    if (refused) throw new UpstreamFault({ failure: 'CALLER', httpStatus: 400, providerMessage });
    yield* says('Hello')(call, signal);
  });
  const asked = { temperature: 0.5, provider: { order: ['strict', 'lenient'] } };
  const first = await run(asked);
  expect(first.completion).toMatchObject({
    status: 'SUCCEEDED',
    attempts: [{ outcome: 'REJECTED' }, { outcome: 'SUCCEEDED' }],
    droppedParameters: [],
  });
  const second = await run(asked);
  expect(second.completion).toMatchObject({
    status: 'SUCCEEDED',
    attempts: [{ outcome: 'SUCCEEDED' }],
    droppedParameters: ['temperature'],
  });
  expect(calls.map(({ target }) => target.baseUrl)).toEqual([
    'http://strict',
    'http://lenient',
    'http://strict',
  ]);
});
