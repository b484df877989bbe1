import { describe, expect, it } from 'vitest';
import type { Endpoint } from '#catalog';
import { Secret, seededRandom } from '#kernel';
import { openRouter, type RouterOptions, textNeeds } from '#routing';
import { virtualClock } from '../harness/virtual-clock.ts';
import { fault, market, request } from './stand.ts';

const offers = [
  { provider: 'strict', parameters: ['temperature', 'tools', 'structured_outputs'] },
  { provider: 'lenient', parameters: ['temperature', 'tools', 'structured_outputs'] },
];

const ownKey = { id: 'pky_1', secret: new Secret('own'), fallbackToPlatform: true };

function stand(keepRefusals?: RouterOptions['keepRefusals']) {
  const clock = virtualClock();
  const goods = market({ 'acme/one': offers });
  const router = openRouter({
    clock,
    random: seededRandom(1),
    market: () => goods,
    ...(keepRefusals ? { keepRefusals } : {}),
  });
  const [strict] = goods.models[0]?.endpoints ?? [];
  if (!strict) throw expect.unreachable();
  const using = (...parameters: string[]) =>
    request({ needs: { ...textNeeds, parameters: new Set(parameters) } });
  const learn = (said: string, ...parameters: string[]) =>
    router.learn(
      router.plan(using(...parameters)),
      { endpoint: strict },
      fault('CALLER', { httpStatus: 400, providerMessage: said }),
    );
  return { clock, router, strict, using, learn };
}

describe('a capability that an endpoint was seen to refuse', () => {
  it.each([
    ['Unsupported parameter: temperature', 'temperature'],
    ['This model does not support tool use.', 'tools'],
    ['json_schema response format is not supported', 'structured_outputs'],
    ['temperature: Extra inputs are not permitted', 'temperature'],
  ])('is learned from its words: %s', (said, parameter) => {
    const { learn, router, using } = stand();
    const refused = learn(said, 'temperature', 'tools', 'structured_outputs');
    expect(refused).toMatchObject([{ parameter, evidence: said }]);
    const { candidates, rejected } = router.plan(using(parameter));
    const shown = [...candidates, ...rejected].find(
      ({ endpoint }) => endpoint.provider.slug === 'strict',
    );
    expect(shown?.reason).toContain(`It refused \`${parameter}\` on 2026-01-01: “${said}”`);
  });

  it.each([
    ['temperature must be between 0 and 1', 'CALLER'],
    ['seed is not supported', 'CALLER'],
    ['temperature is not supported', 'STATUS'],
  ] as const)('is not learned from what says something else: %s (%s)', (said, failure) => {
    const { router, strict, using } = stand();
    const told = fault(failure, { providerMessage: said });
    const asked = router.plan(using('temperature'));
    expect(router.learn(asked, { endpoint: strict }, told)).toEqual([]);
  });

  it('is dropped, or sends the request where it is taken', () => {
    const { learn, router, using } = stand();
    learn('temperature is not supported', 'temperature');
    const dropped = router
      .plan(using('temperature'))
      .candidates.map((one) => [one.endpoint.provider.slug, one.droppedParameters]);
    expect(dropped.toSorted()).toEqual([
      ['lenient', []],
      ['strict', ['temperature']],
    ]);
    learn('tools are not supported', 'tools');
    expect(router.plan(using('tools')).rejected).toMatchObject([
      { code: 'UNSUPPORTED_PARAMETER', setting: 'input.tools' },
    ]);
  });

  it('says nothing when it was an own key that was refused, save that others may take it', () => {
    const { router, strict, using } = stand();
    const asked = router.plan(using('temperature'));
    const told = fault('CALLER', { providerMessage: 'temperature is not supported' });
    const learned = router.learn(asked, { endpoint: strict, ownKey }, told);
    expect(learned).toMatchObject([{ parameter: 'temperature' }]);
    const [first] = router.plan(using('temperature')).candidates;
    expect(first?.droppedParameters).toEqual([]);
  });

  it('is written down for all nodes, what could not be together with the next', async () => {
    const written: (readonly [Endpoint, string[]])[] = [];
    const { learn, strict, router, using } = stand(async (endpoint, refused) => {
      written.push([endpoint, refused.map(({ parameter }) => parameter)]);
      return written.length > 1;
    });
    const refusing = () =>
      router
        .plan(using('temperature', 'tools'))
        .candidates.find(({ endpoint }) => endpoint === strict)?.droppedParameters;
    learn('temperature is not supported', 'temperature');
    await Promise.resolve();
    expect(refusing()).toEqual(['temperature']);
    learn('seed is not supported', 'seed');
    expect(written).toEqual([
      [strict, ['temperature']],
      [strict, ['temperature', 'seed']],
    ]);
    await Promise.resolve();
    // From here on it is the market that says so; the one of this test never does.
    expect(refusing()).toEqual([]);
  });

  it('is believed for a day', async () => {
    const { clock, learn, router, using } = stand();
    learn('tools are not supported', 'tools');
    await clock.advance(86_400_000);
    expect(router.plan(using('tools')).rejected).toEqual([]);
  });
});
