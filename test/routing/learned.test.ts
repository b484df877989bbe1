import { describe, expect, it } from 'vitest';
import { seededRandom } from '#kernel';
import { openRouter, textNeeds } from '#routing';
import { virtualClock } from '../harness/virtual-clock.ts';
import { fault, market, request } from './stand.ts';

const offers = [
  { provider: 'strict', parameters: ['temperature', 'tools', 'structured_outputs'] },
  { provider: 'lenient', parameters: ['temperature', 'tools', 'structured_outputs'] },
];

function stand() {
  const clock = virtualClock();
  const goods = market({ 'acme/one': offers });
  const router = openRouter({ clock, random: seededRandom(1), market: () => goods });
  const [strict] = goods.models[0]?.endpoints ?? [];
  if (!strict) throw expect.unreachable();
  const using = (...parameters: string[]) =>
    request({ needs: { ...textNeeds, parameters: new Set(parameters) } });
  const learn = (said: string, ...parameters: string[]) =>
    router.learn(
      router.plan(using(...parameters)),
      strict,
      fault('CALLER', { httpStatus: 400, providerMessage: said }),
    );
  return { clock, router, strict, using, learn };
}

describe('a capability that an endpoint was seen to refuse', () => {
  it.each([
    ['Unsupported parameter: temperature', 'temperature'],
    ["'temperature' does not support 0.2 with this model.", 'temperature'],
    ['This model does not support tool use.', 'tools'],
    ['json_schema response format is not supported', 'structured_outputs'],
    ['temperature: Extra inputs are not permitted', 'temperature'],
  ])('is learned from its words: %s', (said, parameter) => {
    const { learn, router, using } = stand();
    expect(learn(said, 'temperature', 'tools', 'structured_outputs')).toBe(true);
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
    expect(router.learn(router.plan(using('temperature')), strict, told)).toBe(false);
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

  it('is believed for a day', async () => {
    const { clock, learn, router, using } = stand();
    learn('tools are not supported', 'tools');
    await clock.advance(86_400_000);
    expect(router.plan(using('tools')).rejected).toEqual([]);
  });
});
