import { describe, expect, it } from 'vitest';
import { seededRandom } from '#kernel';
import { openRouter, type RejectionCode, type RouteRequest, textNeeds } from '#routing';
import { openPolicy } from '../../src/identity/access/principal.ts';
import { virtualClock } from '../harness/virtual-clock.ts';
import { flat, market, type Offer, perMillion, prefer, request } from './stand.ts';

const gone = new Date(Date.UTC(2026, 5, 1));

/** One model with two endpoints: the one that the case describes, and an ordinary one beside it. */
function plan(offer: Partial<Offer>, given: Partial<RouteRequest>) {
  const all = market({ 'acme/one': [{ provider: 'odd', ...offer }, { provider: 'plain' }] });
  const router = openRouter({
    clock: virtualClock(),
    random: seededRandom(1),
    market: () => all,
  });
  return router.plan(request(given));
}

const policy = (rules: Partial<RouteRequest['policy']>) => ({
  policy: { ...openPolicy, ...rules },
});
const needs = (given: Partial<RouteRequest['needs']>) => ({ needs: { ...textNeeds, ...given } });
const data = (trainsOnPrompts: boolean, retainsPrompts: boolean) => ({
  of: { dataPolicy: { trainsOnPrompts, retainsPrompts, retentionDays: null } },
});

interface Case {
  readonly code: RejectionCode;
  readonly setting: string | null;
  readonly offer: Partial<Offer>;
  readonly given: Partial<RouteRequest>;
}

const dear = { pricing: { prompt: perMillion(2), completion: perMillion(9) } };
const openai = { provider: 'openai' };

const cases: readonly Case[] = [
  {
    code: 'POLICY_PROVIDER',
    setting: 'policy.deniedProviders',
    offer: openai,
    given: policy({ deniedProviders: ['OpenAI'] }),
  },
  {
    code: 'POLICY_PROVIDER',
    setting: 'policy.allowedProviders',
    offer: openai,
    given: policy({ allowedProviders: ['plain'] }),
  },
  {
    code: 'POLICY_TRAINING',
    setting: 'policy.allowTraining',
    offer: data(true, false),
    given: policy({ allowTraining: false }),
  },
  {
    code: 'POLICY_TRAINING',
    setting: 'policy.allowTraining',
    offer: data(true, false),
    given: { ...policy({ allowTraining: false }), ...prefer({ allowTraining: true }) },
  },
  {
    code: 'POLICY_TRAINING',
    setting: 'input.provider.allowTraining',
    offer: data(true, false),
    given: prefer({ allowTraining: false }),
  },
  {
    code: 'POLICY_RETENTION',
    setting: 'policy.requireZeroRetention',
    offer: data(false, true),
    given: { ...policy({ requireZeroRetention: true }), ...prefer({ zeroRetention: false }) },
  },
  {
    code: 'POLICY_RETENTION',
    setting: 'input.provider.zeroRetention',
    offer: data(false, true),
    given: prefer({ zeroRetention: true }),
  },
  {
    code: 'NOT_IN_ONLY',
    setting: 'input.provider.only',
    offer: {},
    given: prefer({ only: ['plain'] }),
  },
  {
    code: 'IGNORED',
    setting: 'input.provider.ignore',
    offer: {},
    given: prefer({ ignore: ['odd'] }),
  },
  {
    code: 'QUANTIZATION',
    setting: 'input.provider.quantizations',
    offer: { quantization: 'fp8' },
    given: prefer({ quantizations: ['BF16', 'unknown'] }),
  },
  {
    code: 'CONTEXT_LENGTH',
    setting: 'input.messages',
    offer: { contextLength: 100 },
    given: { promptTokens: 100 },
  },
  {
    code: 'CONTEXT_LENGTH',
    setting: 'input.maxTokens',
    offer: { contextLength: 100 },
    given: { promptTokens: 90, maxTokens: 11 },
  },
  {
    code: 'PRICE_CEILING',
    setting: 'input.provider.maxPromptPricePerMillion',
    offer: dear,
    given: { ...prefer({ maxPromptPrice: perMillion(1) }), ...policy({ maxPromptPrice: 1n }) },
  },
  {
    code: 'PRICE_CEILING',
    setting: 'input.provider.maxCompletionPricePerMillion',
    offer: dear,
    given: prefer({ maxPromptPrice: perMillion(2), maxCompletionPrice: perMillion(8.999999) }),
  },
  {
    code: 'PRICE_CEILING',
    setting: 'policy.maxPromptPricePerMillion',
    offer: dear,
    given: policy({ maxPromptPrice: perMillion(1) }),
  },
  {
    code: 'PRICE_CEILING',
    setting: 'policy.maxCompletionPricePerMillion',
    offer: dear,
    given: policy({ maxCompletionPrice: perMillion(1) }),
  },
  {
    code: 'PRICE_CEILING',
    setting: 'input.provider.maxPromptPricePerMillion',
    offer: { pricing: { tiers: [{ minPromptTokens: 1_000, prompt: perMillion(5) }] } },
    given: { promptTokens: 1_001, ...prefer({ maxPromptPrice: perMillion(1) }) },
  },
  { code: 'DISABLED', setting: null, offer: { enabled: false }, given: {} },
  { code: 'DISABLED', setting: null, offer: { of: { removedAt: gone } }, given: {} },
  { code: 'NOT_CONFIGURED', setting: null, offer: { of: { configured: false } }, given: {} },
  {
    code: 'FALLBACKS_OFF',
    setting: 'input.provider.allowFallbacks',
    offer: { pricing: flat(2) },
    given: prefer({ allowFallbacks: false }),
  },
];

describe('an endpoint is out', () => {
  it('for want of access, which says what its operator has to set', () => {
    const of = { configured: false, unset: ['AZURE_API_KEY', 'AZURE_BASE_URL'] };
    const [odd] = plan({ of }, {}).rejected;
    expect(odd?.reason).toMatch(/ Its operator has yet to set AZURE_API_KEY and AZURE_BASE_URL\.$/);
  });

  it.each(cases)('$code by $setting', ({ code, setting, offer, given }) => {
    const { candidates, rejected } = plan(offer, given);
    const ceilingOfBoth = given.policy?.maxPromptPrice === 1n;
    if (!ceilingOfBoth) {
      expect(candidates.map(({ endpoint }) => endpoint.provider.slug)).toEqual(['plain']);
      expect(rejected).toHaveLength(1);
    }
    const odd = rejected.find(({ endpoint }) => endpoint.provider.slug !== 'plain');
    expect(odd).toMatchObject({ code, setting, retryAfterMs: null });
    expect(odd?.reason).toMatch(/^\S.+\.$/);
  });

  it.each([
    ['KEY_MODEL', 'apiKey.allowedModels', { allowedModels: ['other/*'] }],
    ['KEY_MODEL', 'apiKey.allowedModels', { allowedModels: [] }],
    ['POLICY_MODEL', 'policy.allowedModels', policy({ allowedModels: ['other/one'] })],
    ['POLICY_PROVIDER', 'policy.allowedProviders', policy({ allowedProviders: [] })],
    ['NOT_IN_ONLY', 'input.provider.only', prefer({ only: [] })],
    [
      'UNSUPPORTED_MODALITY',
      'input.messages',
      needs({ inputModalities: new Set(['TEXT', 'IMAGE']) }),
    ],
    ['UNSUPPORTED_MODALITY', 'input.model', needs({ outputModality: 'EMBEDDING' })],
    [
      'UNSUPPORTED_PARAMETER',
      'input.requiredParameters',
      needs({ requiredParameters: new Set(['seed']) }),
    ],
    [
      'UNSUPPORTED_PARAMETER',
      'input.provider.requireParameters',
      { ...needs({ parameters: new Set(['seed']) }), ...prefer({ requireParameters: true }) },
    ],
    ['NO_PRICE', 'input.messages', needs({ images: 1 })],
    ['PRICE_CEILING', 'input.model', { model: 'acme/one:free' }],
  ] as const)('as all are: %s by %s', (code, setting, given) => {
    const { candidates, rejected } = plan({}, given as Partial<RouteRequest>);
    expect(candidates).toEqual([]);
    expect(rejected.map((one) => [one.code, one.setting])).toEqual([
      [code, setting],
      [code, setting],
    ]);
  });
});

describe('an endpoint is in', () => {
  it.each<[string, Partial<Offer>, Partial<RouteRequest>]>([
    ['by a pattern of the key', {}, { allowedModels: ['acme/*'] }],
    ['that fits to the token', { contextLength: 100 }, { promptTokens: 90, maxTokens: 10 }],
    ['with its own kind of image price', { pricing: { image: 0n } }, needs({ images: 3 })],
    ['at a price that meets the ceiling', {}, prefer({ maxPromptPrice: perMillion(1) })],
    ['that is free', { pricing: flat(0) }, { model: 'acme/one:free' }],
    ['of unknown quantization', {}, prefer({ quantizations: ['unknown'] })],
    [
      'at the lower tier of a prompt that just reaches it',
      { pricing: { tiers: [{ minPromptTokens: 1_000, prompt: perMillion(5) }] } },
      { promptTokens: 1_000, ...prefer({ maxPromptPrice: perMillion(1) }) },
    ],
    [
      'with every parameter that is required',
      { parameters: ['seed', 'tools'] },
      {
        ...needs({ parameters: new Set(['tools', 'seed']) }),
        ...prefer({ requireParameters: true }),
      },
    ],
  ])('%s', (_, offer, given) => {
    const odd = plan(offer, given).candidates.filter(
      ({ endpoint }) => endpoint.provider.slug === 'odd',
    );
    expect(odd).toHaveLength(1);
  });
});

it('what a caller may not use tells nothing of how it fares', () => {
  const { rejected } = plan({ of: { configured: false } }, { allowedModels: [] });
  expect(rejected.map(({ code }) => code)).toEqual(['KEY_MODEL', 'KEY_MODEL']);
});
