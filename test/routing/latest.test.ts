import { describe, expect, it } from 'vitest';
import { seededRandom } from '#kernel';
import { openRouter } from '#routing';
import { latestOf } from '../../src/routing/latest.ts';
import { virtualClock } from '../harness/virtual-clock.ts';
import { market, request } from './stand.ts';

const on = (month: number) => ({ createdAt: new Date(Date.UTC(2026, month, 1)) });
const far = { configured: false };

const all = market(
  {
    'anthropic/claude-3.7-sonnet': [{ provider: 'a' }],
    'anthropic/claude-sonnet-4': [{ provider: 'a' }],
    'anthropic/claude-sonnet-4.5': [{ provider: 'a' }],
    'anthropic/claude-opus-4': [{ provider: 'a' }],
    'google/gemini-2.5-flash': [{ provider: 'g' }],
    'google/gemini-3-flash-preview': [{ provider: 'g' }],
    'google/gemini-3-flash-lite': [{ provider: 'g' }],
    'openai/gpt-5': [{ provider: 'o' }],
    'openai/gpt-6': [{ provider: 'o', of: far }],
    'mistral/small-3': [{ provider: 'm' }],
  },
  {
    'anthropic/claude-3.7-sonnet': on(0),
    'anthropic/claude-sonnet-4': on(3),
    'anthropic/claude-sonnet-4.5': on(5),
    'anthropic/claude-opus-4': on(6),
    'google/gemini-2.5-flash': on(1),
    'google/gemini-3-flash-preview': on(4),
    'google/gemini-3-flash-lite': on(5),
    'openai/gpt-5': on(1),
    'openai/gpt-6': on(7),
    'mistral/small-3': { ...on(1), aliases: ['mistral/small-latest'] },
  },
);

describe('author/family-latest', () => {
  it.each([
    ['anthropic/claude-sonnet-latest', 'anthropic/claude-sonnet-4.5'],
    ['~anthropic/claude-sonnet-latest', 'anthropic/claude-sonnet-4.5'],
    ['anthropic/claude-sonnet-3.7-latest', 'anthropic/claude-3.7-sonnet'],
    ['anthropic/claude-sonnet-4-latest', 'anthropic/claude-sonnet-4.5'],
    ['google/gemini-flash-latest', 'google/gemini-3-flash-preview'],
    ['google/gemini-flash-lite-latest', 'google/gemini-3-flash-lite'],
    // What cannot be used here is no choice as long as something can.
    ['openai/gpt-latest', 'openai/gpt-5'],
  ])('%s is %s', (alias, slug) => expect(latestOf(all, alias)?.slug).toBe(slug));

  it.each([
    'anthropic/claude-latest',
    'nobody/claude-sonnet-latest',
    'claude-sonnet-latest',
    '-latest',
  ])('is nothing where there is no such family: %s', (alias) =>
    expect(latestOf(all, alias)).toBeNull(),
  );

  it('is found by a route, with its variants, and says what it stands for', () => {
    const router = openRouter({
      clock: virtualClock(),
      random: seededRandom(1),
      market: () => all,
    });
    const { model, candidates } = router.plan(
      request({ model: 'anthropic/claude-sonnet-latest:floor' }),
    );
    expect(model?.slug).toBe('anthropic/claude-sonnet-4.5');
    expect(candidates[0]?.reason).toBe(
      '`anthropic/claude-sonnet-latest` is anthropic/claude-sonnet-4.5 at present. ' +
        'By price, as `:floor` asks.',
    );
    expect(router.plan(request({ model: 'mistral/small-latest' })).model?.slug).toBe(
      'mistral/small-3',
    );
  });
});
