import { expect, it } from 'vitest';
import { anonymous, openPolicy, type Principal } from '#identity';
import { noPreferences, textNeeds } from '#routing';
import type { EstimateInput } from '../../src/completions/cost/estimate.ts';
import { stand } from './stand.ts';

const someone = { kind: 'apiKey' } as Principal; // the stand asks for nothing else
const dollar = 10n ** 18n;
const dear = { provider: 'dear', pricing: { prompt: 2n * dollar, completion: 5n * dollar } };
const cheap = { provider: 'cheap', pricing: { prompt: dollar, completion: 4n * dollar } };

const asked = (given: Partial<EstimateInput> = {}): EstimateInput => ({
  models: ['acme/one'],
  messages: [{ role: 'USER', content: 'Hello, world!' }],
  maxTokens: 100,
  ...given,
});

it('is the prompt at the cheapest endpoint, and what a completion really sets aside', async () => {
  const { completions, purse, run } = stand({ offers: [dear, cheap] });
  const [estimate] = await completions.estimate(someone, asked());
  expect(estimate).toMatchObject({
    requestedModel: 'acme/one',
    model: { slug: 'acme/one' },
    endpoint: { provider: { slug: 'cheap' } },
    promptTokens: 10,
    estimated: true,
    promptCost: 10n * 10n ** 12n,
    tokensPerSecond: null,
    error: null,
  });
  await run({ messages: asked().messages, maxTokens: 100 });
  expect(estimate?.maximumCharge).toBe(purse.asked[0]?.amount);
});

it('has the live speed of the endpoint beside the price', async () => {
  const { completions, rooms } = stand({ offers: [cheap] });
  const [endpoint] = rooms.router.plan(plainRequest(rooms.clock.now())).able;
  if (!endpoint) expect.fail('the market has the endpoint');
  rooms.router.measured(endpoint.endpoint, { timeToFirstTokenMs: 10, tokensPerSecond: 42 });
  expect(await completions.estimate(someone, asked())).toMatchObject([{ tokensPerSecond: 42 }]);
});

it('says of each model why it has none', async () => {
  const { completions } = stand({ offers: [cheap] });
  const models = ['acme/none', 'acme/one:free', 'acme/one'];
  const estimates = await completions.estimate(someone, asked({ models }));
  expect(estimates).toMatchObject([
    { model: null, promptTokens: null, maximumCharge: null, error: { code: 'MODEL_NOT_FOUND' } },
    { model: { slug: 'acme/one' }, promptTokens: 10, endpoint: null, promptCost: null },
    { endpoint: { provider: { slug: 'cheap' } }, error: null },
  ]);
  expect(estimates[1]?.error?.code).toBe('NO_ENDPOINT_AVAILABLE');
});

it.each([
  ['no model', {}, [], 'input.models'],
  ['21 models', {}, Array(21).fill('acme/one'), 'input.models'],
  ['too much text', { content: 'x'.repeat(40_000) }, ['acme/one', 'acme/one'], 'input.messages'],
  ['no message that is one', { content: null }, ['acme/one'], 'input.messages.0.content'],
])('refuses %s, by name', async (_name, message, models, path) => {
  const { completions } = stand({});
  const messages = [{ role: 'USER' as const, content: 'Hi', ...message }];
  await expect(completions.estimate(anonymous, asked({ models, messages }))).rejects.toMatchObject({
    issues: [{ path }],
  });
});

it('takes more text of those that it knows', async () => {
  const { completions } = stand({});
  const messages = [{ role: 'USER' as const, content: 'word '.repeat(20_000) }];
  const [estimate] = await completions.estimate(someone, asked({ messages }));
  expect(estimate?.promptTokens).toBeGreaterThan(20_000);
});

function plainRequest(nowMs: number) {
  return {
    ...{ model: 'acme/one', fallbackModels: [], preferences: noPreferences, needs: textNeeds },
    ...{
      promptTokens: 1,
      maxTokens: 1,
      policy: openPolicy,
      allowedModels: null,
      ownKeys: new Map(),
    },
    ...{ organizationId: null, sessionId: null, at: new Date(nowMs) },
  };
}
