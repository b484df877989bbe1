import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog, systemClock } from '#kernel';
import { openConnectors, type ProviderQuota, UpstreamFault } from '#upstream';
import { quotaIn } from '../../src/upstream/quota.ts';
import { stubUpstream, type UpstreamStub, wholeAnswer } from '../harness/upstream-stub.ts';
import { virtualClock } from '../harness/virtual-clock.ts';
import { callTo, pulled } from './calls.ts';

describe('what is left of the limits', () => {
  const clock = virtualClock(Date.UTC(2026, 0, 1));

  it.each<[string, Record<string, string>, ProviderQuota | null]>([
    ['nothing said', { 'content-type': 'application/json' }, null],
    [
      'OpenAI',
      { 'x-ratelimit-remaining-requests': '59', 'x-ratelimit-reset-requests': '1m3s' },
      { requestsLeft: 59, resetMs: 63_000 },
    ],
    [
      'Cerebras',
      {
        'x-ratelimit-remaining-requests-day': '97',
        'x-ratelimit-reset-requests-day': '24587.05500149727',
        'x-ratelimit-remaining-tokens-minute': '1200',
        'x-ratelimit-limit-tokens-minute': '160000',
        'x-ratelimit-reset-tokens-minute': '47.05',
      },
      {
        requestsLeft: 97,
        resetMs: 24_587_055.00149727,
        tokens: { left: 1_200, limit: 160_000, resetMs: 47_050 },
      },
    ],
    [
      'OpenAI without tokens',
      {
        'x-ratelimit-remaining-requests': '59',
        'x-ratelimit-reset-requests': '1s',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '6m0s',
      },
      {
        requestsLeft: 0,
        resetMs: 360_000,
        tokens: { left: 0, limit: null, resetMs: 360_000 },
      },
    ],
    [
      'tokens alone',
      { 'x-ratelimit-remaining-tokens': '12', 'x-ratelimit-reset-tokens': '6m0s' },
      {
        requestsLeft: Infinity,
        resetMs: 0,
        tokens: { left: 12, limit: null, resetMs: 360_000 },
      },
    ],
    [
      'the tokens of prompts at Anthropic',
      {
        'anthropic-ratelimit-requests-remaining': '9',
        'anthropic-ratelimit-requests-reset': '2026-01-01T00:00:01Z',
        'anthropic-ratelimit-input-tokens-remaining': '2000',
        'anthropic-ratelimit-input-tokens-reset': '2026-01-01T00:00:30Z',
        'anthropic-ratelimit-input-tokens-limit': '50000',
        'anthropic-ratelimit-output-tokens-remaining': '100',
        'anthropic-ratelimit-output-tokens-reset': '2026-01-01T00:00:30Z',
      },
      {
        requestsLeft: 9,
        resetMs: 1_000,
        tokens: { left: 2_000, limit: 50_000, resetMs: 30_000 },
      },
    ],
    [
      'Anthropic',
      {
        'anthropic-ratelimit-requests-remaining': '3',
        'anthropic-ratelimit-requests-reset': '2026-01-01T00:00:20Z',
      },
      { requestsLeft: 3, resetMs: 20_000 },
    ],
    [
      'seconds',
      { 'ratelimit-remaining': '0', 'ratelimit-reset': '7' },
      { requestsLeft: 0, resetMs: 7_000 },
    ],
    [
      'an hour of the epoch in milliseconds',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Date.UTC(2026, 0, 1, 0, 0, 9)) },
      { requestsLeft: 0, resetMs: 9_000 },
    ],
    ['no hour', { 'x-ratelimit-remaining': '0' }, { requestsLeft: 0, resetMs: 1_000 }],
    ['no number', { 'x-ratelimit-remaining': 'many' }, null],
  ])('%s', (_, headers, expected) => {
    expect(quotaIn(headers, clock)).toEqual(expected);
  });
});

describe('a connector tells what is left', () => {
  let stub: UpstreamStub;
  beforeAll(async () => {
    stub = await stubUpstream();
  });
  afterAll(() => stub?.close());

  it.each([
    ['openai', 200, { 'x-ratelimit-remaining-requests': '1', 'x-ratelimit-reset-requests': '2s' }],
    ['anthropic', 429, { 'anthropic-ratelimit-requests-remaining': '1', 'retry-after': '2' }],
  ])('%s, of an answer with status %i', async (name, status, headers) => {
    stub.answerWith((answer) => answer.json(status, wholeAnswer({ content: 'Hi' }), headers));
    const connector = openConnectors({ clock: systemClock, log: silentLog })(name);
    const heard: ProviderQuota[] = [];
    const call = { ...callTo(stub.url, { stream: false }), onQuota: heard.push.bind(heard) };
    try {
      for await (const _ of connector ? pulled(connector, call) : []);
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(UpstreamFault);
    }
    expect(heard.map(({ requestsLeft }) => requestsLeft)).toEqual([1]);
  });
});
