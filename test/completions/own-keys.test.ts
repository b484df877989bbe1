import { describe, expect, it } from 'vitest';
import { Secret } from '#kernel';
import type { OwnKey } from '#routing';
import { fault } from '../routing/stand.ts';
import { dollarAToken, failsWith, type Play, says, stand } from './stand.ts';

const key = (name: string, fallbackToPlatform = true): OwnKey => ({
  id: `pvk_${name}`,
  secret: new Secret(`secret of ${name}`),
  fallbackToPlatform,
});

/** Five per cent. */
const feeRate = 5n * 10n ** 16n;
const offers = ['one', 'two'].map((provider) => ({ provider, pricing: dollarAToken }));
const dollars = (amount: number) => BigInt(Math.round(amount * 100)) * 10n ** 10n;

/** Breaks off after a word, the first time. */
function breaksOffOnce(): Play {
  let calls = 0;
  return (call, signal) =>
    (++calls === 1 ? failsWith(fault('CUT'), 'Once') : says(' more'))(call, signal);
}

const continued = { provider: { onStreamFailure: 'CONTINUE' }, maxTokens: 20 } as const;

describe('an answer that broke off on an own key', () => {
  it('is gone on with by another own key, and the fee alone is charged', async () => {
    const bench = stand({ offers, feeRate, ownKeys: { one: [key('one')], two: [key('two')] } });
    bench.play(breaksOffOnce());
    const { completion } = await bench.run(continued);
    expect(completion.content?.text).toBe('Once more');
    const tried = completion.attempts.map(({ providerKeyId }) => providerKeyId);
    expect(tried.toSorted()).toEqual(['pvk_one', 'pvk_two']);
    expect(completion.usage).toMatchObject({ ownProviderKey: true, cost: 0n });
    expect(completion.usage.charged).toBe(completion.usage.fee);
  });

  it('is never gone on with at the platform’s price', async () => {
    const bench = stand({ offers, feeRate, ownKeys: { one: [key('one')] } });
    bench.play(breaksOffOnce());
    const { completion } = await bench.run(continued);
    expect(completion.status).toBe('FAILED');
    expect(bench.calls).toHaveLength(1);
    expect(completion.usage.charged).toBe(0n);
  });
});

describe('the hold', () => {
  it('is the fee alone where nothing but own keys can be tried', async () => {
    const bench = stand({
      offers: offers.slice(0, 1),
      feeRate,
      ownKeys: { one: [key('k', false)] },
    });
    await bench.run({ maxTokens: 100 });
    const [{ amount } = { amount: 0n }] = bench.purse.asked;
    expect(amount).toBeGreaterThan(dollars(5));
    expect(amount).toBeLessThan(dollars(10));
  });

  it('that does not fit narrows the route to the own keys', async () => {
    const bench = stand({ offers, feeRate, dollars: 20, ownKeys: { two: [key('k')] } });
    bench.play(failsWith(fault('CREDENTIAL')));
    const { completion } = await bench.run({ maxTokens: 100 });
    expect(completion.attempts).toMatchObject([{ providerKeyId: 'pvk_k', outcome: 'REJECTED' }]);
    expect(bench.purse.asked).toHaveLength(2);
    expect(bench.purse.held).toBe(0n);
  });
});

it('the own credential goes upstream, and the platform’s after it was refused', async () => {
  const bench = stand({ offers: offers.slice(0, 1), feeRate, ownKeys: { one: [key('k')] } });
  let calls = 0;
  bench.play((call, signal) =>
    (++calls === 1 ? failsWith(fault('CREDENTIAL')) : says('Hi'))(call, signal),
  );
  const { completion } = await bench.run({ maxTokens: 20 });
  expect(bench.calls.map(({ target }) => target.secret?.reveal() ?? null)).toEqual([
    'secret of k',
    null,
  ]);
  expect(completion.usage).toMatchObject({ ownProviderKey: false });
  expect(bench.samples.map(({ outcome }) => outcome)).toEqual(['SPARED', 'ANSWERED']);
});
