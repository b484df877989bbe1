import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parsePrice } from '#kernel';
import { readShipped } from '../../src/catalog/catalog.ts';
import { sandboxSnapshot } from '../../src/catalog/sandbox.ts';
import { endpointKey, printSnapshot, readSnapshot } from '../../src/catalog/snapshot.ts';

const shipped = await readShipped();
const { providers, models, endpoints } = shipped;

const offersOf = (model: string) => endpoints.filter((endpoint) => endpoint.model === model);
const priceOf = (model: string, provider: string) =>
  offersOf(model).find((endpoint) => endpoint.provider === provider);
const unique = (names: readonly string[]) => new Set(names).size === names.length;

describe('the catalog that is shipped', () => {
  it('has at least 300 models of at least 25 providers', () => {
    expect(models.length).toBeGreaterThanOrEqual(300);
    expect(providers.length).toBeGreaterThanOrEqual(25);
    expect(endpoints.length).toBeGreaterThanOrEqual(800);
  });

  it('names nothing twice', () => {
    expect(unique(providers.map(({ slug }) => slug))).toBe(true);
    expect(unique(models.map(({ slug }) => slug))).toBe(true);
    expect(unique(endpoints.map(endpointKey))).toBe(true);
    expect(unique(models.flatMap(({ slug, aliases }) => [slug, ...aliases]))).toBe(true);
  });

  it('has the models and providers of its offers, and no others', () => {
    const [sold, selling] = [new Set<string>(), new Set<string>()];
    for (const { model, provider } of endpoints) {
      sold.add(model);
      selling.add(provider);
    }
    expect(models.map(({ slug }) => slug).sort()).toEqual([...sold].sort());
    expect(providers.map(({ slug }) => slug).sort()).toEqual([...selling].sort());
  });

  it('has a price that can be read for every offer, above 0 in one direction at least', () => {
    for (const { prices, tiers = [] } of endpoints) {
      expect(parsePrice(prices.prompt) + parsePrice(prices.completion)).toBeGreaterThan(0n);
      for (const text of Object.values(prices))
        expect(parsePrice(text ?? '')).toBeGreaterThanOrEqual(0n);
      for (const tier of tiers) expect(Object.keys(tier).length).toBeGreaterThan(1);
    }
  });

  it('lets whoever offers tools be asked for one call at a time, Anthropic too', () => {
    const offering = endpoints.filter((one) => one.supportedParameters.includes('tools'));
    const without = offering.filter(
      (one) => !one.supportedParameters.includes('parallel_tool_calls'),
    );
    expect(without.map(endpointKey)).toEqual([]);
  });

  it('says of every price where it is from and when it was checked', () => {
    for (const { source, checkedAt } of endpoints) {
      expect(source).toMatch(/^@\w+/);
      expect(checkedAt <= shipped.asOf).toBe(true);
    }
  });

  it.each([
    ['anthropic/claude-sonnet-4.5', 'anthropic', '0.000003', '0.000015', '0.0000003'],
    ['anthropic/claude-opus-4.7', 'anthropic', '0.000005', '0.000025', '0.0000005'],
    ['openai/gpt-5-mini', 'openai', '0.00000025', '0.000002', '0.000000025'],
    ['openai/gpt-4o-mini', 'openai', '0.00000015', '0.0000006', '0.000000075'],
    ['google/gemini-2.5-flash', 'google', '0.0000003', '0.0000025', '0.00000003'],
    ['meta-llama/llama-3.3-70b-instruct', 'groq', '0.00000059', '0.00000079', undefined],
    ['moonshotai/kimi-k3', 'fireworks', '0.000003', '0.000015', '0.0000003'],
  ])('%s at %s costs %s and %s', (model, provider, prompt, completion, cacheRead) => {
    const prices = priceOf(model, provider)?.prices;
    expect(prices).toMatchObject({ prompt, completion });
    expect(prices?.cacheRead).toBe(cacheRead);
  });

  it('counts images among the tokens of every prompt that can hold one', () => {
    const seeing = models.filter(({ inputModalities }) => inputModalities.includes('IMAGE'));
    expect(seeing.length).toBeGreaterThanOrEqual(150);
    for (const { slug, inputModalities } of models) {
      const image = inputModalities.includes('IMAGE') ? '0' : undefined;
      for (const { prices } of offersOf(slug)) expect(prices.image).toBe(image);
    }
  });

  it('lets PDFs through to the makers that read them, and to nobody who does not see', () => {
    const reading = models.filter(({ inputModalities }) => inputModalities.includes('FILE'));
    const slugs = reading.map(({ slug }) => slug);
    expect(slugs).toEqual(
      expect.arrayContaining([
        'anthropic/claude-sonnet-4.5',
        'anthropic/claude-opus-5.5',
        'google/gemini-2.5-pro',
        'google/gemini-3.8-flash',
        'openai/gpt-4o-mini',
        'openai/gpt-5-mini',
      ]),
    );
    expect(slugs).not.toContain('openai/gpt-4');
    expect(slugs).not.toContain('google/gemini-embedding-001');
    for (const { inputModalities } of reading) expect(inputModalities).toContain('IMAGE');
  });

  it('knows prices by length of the prompt and by time of day', () => {
    expect(priceOf('google/gemini-2.5-pro', 'google')?.tiers).toContainEqual({
      minPromptTokens: 200_000,
      prompt: '0.0000025',
      completion: '0.000015',
      cacheRead: '0.00000025',
    });
    expect(priceOf('deepseek/deepseek-v4-pro', 'deepseek')?.tiers).toContainEqual({
      utcStart: '0100',
      utcEnd: '0400',
      prompt: '0.00000132',
      completion: '0.00000396',
      cacheRead: '0.000000044',
    });
  });

  it('gives open models the offers of everybody who serves them', () => {
    const sellers = (model: string) => new Set(offersOf(model).map(({ provider }) => provider));
    expect(sellers('meta-llama/llama-3.3-70b-instruct').size).toBeGreaterThanOrEqual(10);
    expect(sellers('openai/gpt-oss-120b').size).toBeGreaterThanOrEqual(12);
    expect(sellers('qwen/qwen3-coder').size).toBeGreaterThanOrEqual(8);
  });

  it('has models of one maker at that maker and its clouds only', () => {
    const claude = offersOf('anthropic/claude-sonnet-4.5').map(({ provider }) => provider);
    expect(new Set(claude)).toEqual(new Set(['amazon-bedrock', 'anthropic', 'google-vertex']));
  });

  it('passes no aggregator on as a provider', () => {
    for (const { slug } of providers) expect(slug).not.toMatch(/router|gateway|copilot|opencode/);
  });

  it('is printed as it was read, one line an entry', async () => {
    const text = await readFile(
      new URL('../../prisma/catalog/market.json', import.meta.url),
      'utf8',
    );
    expect(printSnapshot(readSnapshot(text))).toBe(text);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(4_000);
    expect(text.length).toBeLessThan(3_000_000);
  });
});

it('every simulated model and provider says that it is a simulation', () => {
  for (const { name } of [...sandboxSnapshot.providers, ...sandboxSnapshot.models]) {
    expect(name).toContain('simulation');
  }
  expect(sandboxSnapshot.models.map(({ slug }) => slug).sort()).toEqual(
    [
      ...['sandbox/cut-after-10', 'sandbox/echo', 'sandbox/fail-429', 'sandbox/fail-500'],
      ...['sandbox/embed', 'sandbox/hang', 'sandbox/malformed', 'sandbox/markov'],
      ...['sandbox/no-usage', 'sandbox/slow-first-token'],
    ].sort(),
  );
});

it('simulated providers sell markov at different prices, and the first of them all models', () => {
  const markov = sandboxSnapshot.endpoints.filter(({ model }) => model === 'sandbox/markov');
  expect(new Set(markov.map(({ prices }) => prices.prompt)).size).toBe(4);
  const first = sandboxSnapshot.endpoints.filter(({ provider }) => provider === 'sandbox');
  expect(first).toHaveLength(sandboxSnapshot.models.length);
});
